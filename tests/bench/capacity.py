"""What users leave in the database, and what they ask of Avaturn: for reckoning with a million."""

from __future__ import annotations

import hashlib
import sys
from uuid import uuid4

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, RemoteDeletion, WebhookEvent

from .table import Figure, Mode

ROWS = 50_000
"""Of each kind; enough for indexes of their usual depth."""
DIGEST = "0123456789abcdef" * 4


def measure(mode: Mode) -> list[Figure]:
    """Bytes of a row, with its share of the indexes."""
    count = ROWS // 10 if mode.short else ROWS
    print(f"capacity, {count} rows of each kind ...", file=sys.stderr)
    before = {model: _occupied(model) for model in _models()}
    _fill(count)
    return [
        Figure(
            what=f"capacity: bytes for a {model.__name__}, indexes included",
            value=round((_occupied(model)[0] - before[model][0]) / count),
            medians=f"of these {round((_occupied(model)[1] - before[model][1]) / count)} indexes",
        )
        for model in _models()
    ]


def _models() -> list[type[Model]]:
    kept = (AvaturnProfile, Avatar, AvatarFile, WebhookEvent, RemoteDeletion)
    return [model for model in apps.get_app_config("django_avaturn").get_models() if model in kept]


def _fill(count: int) -> None:
    """Users with one avatar that is stored, one message of a webhook, and one deletion."""
    users = get_user_model()
    people = users._default_manager.bulk_create(
        [users(username=f"member-{uuid4()}") for _ in range(count)], batch_size=5000
    )
    now = timezone.now()
    profiles = AvaturnProfile.objects.bulk_create(
        [AvaturnProfile(user=one, avaturn_id=str(uuid4()), synced_at=now) for one in people],
        batch_size=5000,
    )
    avatars = Avatar.objects.bulk_create(
        [
            Avatar(profile=one, avaturn_id=one.avaturn_id, status="ready", gender="female")
            for one in profiles
        ],
        batch_size=5000,
    )
    AvatarFile.objects.bulk_create([_file(avatar) for avatar in avatars], batch_size=5000)
    WebhookEvent.objects.bulk_create([_event(avatar) for avatar in avatars], batch_size=5000)
    RemoteDeletion.objects.bulk_create(
        [RemoteDeletion(avaturn_id=one.avaturn_id, avatar_id=uuid4()) for one in avatars],
        batch_size=5000,
    )


def _file(avatar: Avatar) -> AvatarFile:
    name = f"avaturn/0f/{uuid4().hex}{uuid4().hex[:8]}.glb"
    return AvatarFile(
        avatar=avatar, kind="model", state="ready", file=name, size=10**7, sha256=DIGEST,
        stored_at=timezone.now(),
    )  # fmt: skip


def _event(avatar: Avatar) -> WebhookEvent:
    payload = {"event": "export.ready", "avatar_id": str(avatar.pk), "export_id": str(uuid4())}
    digest = hashlib.sha256(avatar.pk.bytes).hexdigest()
    return WebhookEvent(
        event="export.ready", avatar_id=avatar.pk, digest=digest, payload=payload, state="ready",
        processed_at=timezone.now(),
    )  # fmt: skip


def _occupied(model: type[Model]) -> tuple[int, int]:
    """Bytes of a table with all that belongs to it, and of its indexes alone."""
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute("SELECT pg_total_relation_size(%s), pg_indexes_size(%s)", [table, table])
        total, indexes = cursor.fetchone()
    return total, indexes
