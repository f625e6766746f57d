"""Databases of several sizes, side by side, so that sizes take turns as rivals do.

Filled by the server itself: a million owners with their files in about a minute.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile

from .upstream import avatars_of

FIRST = 1_000_000_000
"""Keys of what is filled in begin there, and not where the sequences do."""

OWNERS = """
TRUNCATE auth_user, django_session, django_avaturn_avaturnprofile,
    django_avaturn_remotedeletion, django_avaturn_webhookevent, django_avaturn_filedeletion CASCADE;

SET session_replication_role = replica;  -- what is consistent need not be checked, row by row
SET synchronous_commit = off;

INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email,
    is_staff, is_active, date_joined)
SELECT {first} + n, '', false, 'grown-' || n, '', '', 'grown-' || n || '@site.example',
    false, true, now() - n * interval '1 minute'
FROM generate_series(1, {size}) n;

INSERT INTO django_avaturn_avaturnprofile (id, user_id, avaturn_id, active_avatar_id,
    consent_version, created_at, synced_at)
SELECT {first} + n, {first} + n, 'remote-' || n, md5('avatar ' || n)::uuid, '',
    now() - n * interval '1 minute', now() - (n::bigint * 7919 % {size}) * interval '1 second'
FROM generate_series(1, {size}) n;

INSERT INTO django_avaturn_avatar (id, profile_id, avaturn_id, customized, status, gender, body_id,
    supports_face_animations, created_at, updated_at)
SELECT md5('avatar ' || n)::uuid, {first} + n, 'remote-' || n, true, 'ready', 'female', '', true,
    now() - n * interval '1 minute', now()
FROM generate_series(1, {size}) n;

INSERT INTO django_avaturn_avatarfile (id, avatar_id, kind, scene, format, file, thumbnail, size,
    sha256, state, attempts, due_at, error, created_at, requested_at, stored_at)
SELECT {first} + 2 * n + k, md5('avatar ' || n)::uuid, kind, scene, format,
    'avaturn/aa/' || kind || n, CASE kind WHEN 'portrait' THEN 'avaturn/bb/' || n ELSE '' END,
    2000000 / (1 + 99 * k), repeat('0', 64), 'ready', 1, at, '', at, at, at
FROM generate_series(1, {size}) n
CROSS JOIN (VALUES (0, 'model', '', 'glb'), (1, 'portrait', 'common/preview', 'webp'))
    kinds (k, kind, scene, format)
CROSS JOIN LATERAL (SELECT now() - n * interval '1 minute' AS at) moment;

RESET session_replication_role;
"""
INDEXES = """
SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes
WHERE tablename IN ('auth_user', 'django_avaturn_avaturnprofile', 'django_avaturn_avatar',
    'django_avaturn_avatarfile')
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
UNION ALL
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
FROM pg_constraint
WHERE contype = 'u' AND conrelid::regclass::text ~ '^django_avaturn_a'
"""
"""How to drop and to make again what slows filling down: all but the keys."""

DONE = """
INSERT INTO django_avaturn_webhookevent (event, avatar_id, digest, payload, state, attempts, due_at,
    error, created_at, received_at, processed_at)
SELECT 'avatar.ready', md5('avatar ' || n)::uuid, md5('event ' || n), '{{}}', 'ready', 1, at, '',
    at, at, at
FROM generate_series(1, {size} / 10) n
CROSS JOIN LATERAL (SELECT now() - n * interval '10 seconds' AS at) moment;

INSERT INTO django_avaturn_remotedeletion (avaturn_id, avatar_id, state, attempts, due_at, error,
    created_at, done_at)
SELECT 'gone-' || n, md5('gone ' || n)::uuid, 'ready', 1, at, '', at, at
FROM generate_series(1, {size} / 10) n
CROSS JOIN LATERAL (SELECT now() - n * interval '10 seconds' AS at) moment;
"""
"""Of the last days: a tenth of the owners has sent an event, and has deleted an avatar."""

DUE = """
INSERT INTO django_avaturn_remotedeletion (avaturn_id, avatar_id, state, attempts, due_at, error,
    created_at)
SELECT 'due-' || n, md5('due ' || n)::uuid, 'pending', 0, at, '', at
FROM generate_series(1, {size}) n
CROSS JOIN LATERAL (SELECT now() - n * interval '1 millisecond' AS at) moment;
"""


@dataclass(frozen=True, slots=True)
class Database:
    """One of them. ``use`` makes it the site's database, in threads that begin later, too."""

    name: str
    connection: Any

    def use(self) -> None:
        """From now on."""
        connections["default"] = self.connection
        connections.settings["default"]["NAME"] = self.name


@contextmanager
def databases(sizes: Sequence[int], fill: Callable[[int], None]) -> Iterator[dict[int, Database]]:
    """One for each size, which ``fill`` is called for; the site's own is the pattern."""
    own = Database(connections["default"].settings_dict["NAME"], connections["default"])
    made: dict[int, Database] = {}
    own.connection.close()
    try:
        for size in sizes:
            made[size] = database = _copy(own, f"{own.name}_{len(made)}_{os.getpid()}")
            database.use()
            fill(size)
            run("VACUUM ANALYZE")
        yield made
    finally:
        own.use()
        for database in made.values():
            database.connection.close()
            _maintain(own, f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')


def _copy(own: Database, name: str) -> Database:
    _maintain(own, f'CREATE DATABASE "{name}" TEMPLATE "{own.name}"')
    connection = own.connection.copy()
    connection.settings_dict["NAME"] = name
    return Database(name, connection)


def _maintain(own: Database, statement: str) -> None:
    with own.connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def run(script: str, **values: int) -> None:
    """Some statements; where there are several, as one transaction."""
    with connections["default"].cursor() as cursor:
        cursor.execute(script.format(**values) if values else script)


def fill_owners(size: int) -> None:
    """So many users with a profile, an avatar and two files each, and what they have done."""
    with connections["default"].cursor() as cursor:
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for drop, _ in indexes:
            cursor.execute(drop)
        run(OWNERS, size=size, first=FIRST)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, make in indexes:
            cursor.execute(make)
    run(DONE, size=size)


def fill_due(size: int) -> None:
    """So many deletions that are due."""
    run(OWNERS, size=10, first=FIRST)
    run(DUE, size=size)


def due(number: int) -> None:
    """So many deletions more that are due."""
    run(DUE, size=number)


def collector(user: Any, number: int) -> AvaturnProfile:
    """A profile with so many avatars, as ``upstream`` lists them."""
    remote_id = f"{user.get_username()}-x{number}"
    profile = AvaturnProfile.objects.create(user=user, avaturn_id=remote_id)
    complete(profile)
    AvaturnProfile.objects.filter(pk=profile.pk).update(active_avatar=ids_of(profile)[0])
    return profile


def complete(profile: AvaturnProfile) -> None:
    """Make those of its avatars that it has not."""
    has = set(profile.avatars.values_list("pk", flat=True))
    missing = [pk for pk in ids_of(profile) if pk not in has]
    own = {"profile": profile, "avaturn_id": profile.avaturn_id, "status": "ready"}
    Avatar.objects.bulk_create(Avatar(id=pk, **own) for pk in missing)
    AvatarFile.objects.bulk_create(
        AvatarFile(avatar_id=pk, kind=kind, scene=scene, state="ready", file=f"{kind}/{pk}", size=9)
        for pk in missing
        for kind, scene in (("model", ""), ("portrait", "common/preview"))
    )


def ids_of(profile: AvaturnProfile) -> list[uuid.UUID]:
    """The ids of the avatars that Avaturn lists."""
    return avatars_of(profile.avaturn_id or "")
