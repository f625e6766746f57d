"""Nothing is read as a whole: queries stay as many, and PostgreSQL looks rows up by an index."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.client import RemoteAvatar
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Job, RemoteDeletion
from django_avaturn.services import avatars, projects
from django_avaturn.services.syncing import longest_unsynced, unsynced
from tests.databases import AVAILABLE, CurrentDatabase

SECRET = "a-secret-of-the-tests-77c2"
TAG = "{% load avaturn %}{% avaturn_portrait user %}"


class Site:
    """Ann with her avatars, and others with theirs; Avaturn has what is here."""

    def __init__(self, sandbox, others: int, own: int) -> None:
        self.sandbox = sandbox
        for number in range(others):
            self.add(get_user_model().objects.create_user(f"other{number}"), 1)
        self.user = get_user_model().objects.create_user("ann")
        self.profile = self.add(self.user, own)
        self.browser = Client()
        self.browser.force_login(self.user)

    def add(self, user, number: int) -> AvaturnProfile:
        remote = self.sandbox.add_user()
        ids = [self.sandbox.add_avatar(remote) for _ in range(number)]
        profile = AvaturnProfile.objects.create(user=user, avaturn_id=remote)
        for pk in ids:
            avatar = Avatar.objects.create(
                id=pk, profile=profile, avaturn_id=remote, status="ready"
            )
            for kind in ("model", "portrait"):
                AvatarFile.objects.create(avatar=avatar, kind=kind, state="ready", file="a/b")
        AvaturnProfile.objects.filter(pk=profile.pk).update(active_avatar=ids[0])
        return AvaturnProfile.objects.get(pk=profile.pk)

    @property
    def _one(self) -> str:
        return f"/avatar/avatars/{self.profile.active_avatar_id}/"

    def session(self):
        return self.browser.post("/avatar/sessions/", {}, "application/json")

    def list(self):
        return self.browser.get("/avatar/avatars/")

    def gallery(self):
        return self.browser.get("/avatar/")

    def activate(self):
        return self.browser.patch(self._one, {"active": True}, "application/json")

    def delete(self):
        return self.browser.delete(self._one)

    def webhook(self):
        told = {"event": "avatar.ready", "user_id": self.profile.avaturn_id}
        return Client().post(f"/avatar/webhooks/{SECRET}/", told, "application/json")

    def portrait(self):
        user = get_user_model().objects.get(pk=self.user.pk)
        return engines["django"].from_string(TAG).render({"user": user})

    def sync(self):
        services.sync_profile(self.profile)

    def status(self):
        jobs.report()

    def process(self):
        call_command("avaturn_process", stdout=io.StringIO())


QUERIES = {
    "session": 3,
    "list": 5,
    "gallery": 5,
    "portrait": 3,
    "webhook": 7,
    "sync": 2,
    "activate": 9,
    "delete": 20,
    "status": 4,
    "process": 20,
}
"""With those of the login, and the savepoints that a test adds."""


@pytest.mark.parametrize(("others", "own"), [(0, 1), (4, 6)])
@pytest.mark.parametrize("action", QUERIES)
@pytest.mark.django_db
def test_as_many_queries_whoever_else_there_is_and_whatever_one_has(
    action, others, own, sandbox, configure, django_assert_num_queries
):
    configure(WEBHOOK_SECRETS=[SECRET])
    act = getattr(Site(sandbox, others, own), action)
    with django_assert_num_queries(QUERIES[action]):
        response = act()
    assert getattr(response, "status_code", 200) in (200, 201, 204)


OWNERS = 3000
FILL = f"""
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email,
    is_staff, is_active, date_joined)
SELECT n, '', false, 'user' || n, '', '', '', false, true, now()
FROM generate_series(1000001, 1000000 + {OWNERS}) n;

INSERT INTO django_avaturn_avaturnprofile (id, user_id, avaturn_id, consent_version, created_at,
    synced_at)
SELECT n, n, 'remote' || n, '', now() - n * interval '1 hour', now() - n * interval '1 hour'
FROM generate_series(1000001, 1000000 + {OWNERS}) n;

INSERT INTO django_avaturn_avatar (id, profile_id, avaturn_id, customized, status, gender, body_id,
    created_at, updated_at)
SELECT md5('avatar' || n)::uuid, n, 'remote' || n, true, 'ready', '', '',
    now() - n * interval '1 hour', now()
FROM generate_series(1000001, 1000000 + {OWNERS}) n;

INSERT INTO django_avaturn_avatarfile (avatar_id, kind, scene, format, file, thumbnail, sha256,
    state, attempts, due_at, error, created_at, requested_at)
SELECT md5('avatar' || n)::uuid, kind, '', '', 'a/b', '', '', 'ready', 1, now(), '', now(), now()
FROM generate_series(1000001, 1000000 + {OWNERS}) n,
    (VALUES ('model'), ('portrait')) kinds (kind);

INSERT INTO django_avaturn_webhookevent (event, digest, payload, state, attempts, due_at, error,
    created_at, received_at)
SELECT 'avatar.ready', n, '{{}}', 'ready', 1, now(), '', now(), now()
FROM generate_series(1, {OWNERS}) n;

INSERT INTO django_avaturn_remotedeletion (avaturn_id, avatar_id, state, attempts, due_at, error,
    created_at, done_at)
SELECT 'gone' || n, md5('gone' || n)::uuid, 'ready', 1, now(), '', now(), now()
FROM generate_series(1, {OWNERS}) n;

ANALYZE;
"""
SOMEBODY = 1000700
BIG = re.compile(r"django_avaturn_(avatar|avaturnprofile|avatarfile|webhookevent|remotedeletion)$")


@pytest.fixture
def large(sandbox, configure) -> Iterator[None]:
    """PostgreSQL with some thousand rows of everything; none of it is kept."""
    if "postgres" not in AVAILABLE:
        pytest.skip("PostgreSQL does not answer; see tests/databases.py")
    configure(WEBHOOK_SECRETS=[SECRET])
    CurrentDatabase.alias = "postgres"
    with connections["postgres"].cursor() as cursor:
        cursor.execute(FILL)
    yield
    CurrentDatabase.alias = "default"


def profiles():
    return AvaturnProfile.objects.all()


def visit(method: str, path: str, *args):
    """By somebody who is logged in; those who log in cost more."""
    browser = Client()
    browser.force_login(get_user_model().objects.get(pk=SOMEBODY))
    return lambda: getattr(browser, method)(path, *args)


def deletion_of_a_former_one():
    """Of the last avatar that a remote user of before has."""
    profiles().filter(pk=SOMEBODY).update(avaturn_id="another")
    return Avatar.objects.get(profile=SOMEBODY).delete


def due_rows():
    """So many that they are read page by page."""
    some = RemoteDeletion.objects.filter(pk__in=RemoteDeletion.objects.values("pk")[:250])
    some.update(state="pending", done_at=None)
    with connections["postgres"].cursor() as cursor:
        cursor.execute("ANALYZE django_avaturn_remotedeletion")
    tried: list[Job] = []

    def run():
        jobs.run_due(RemoteDeletion, work=lambda row: row.finish(), on_result=tried.append)
        assert len({row.pk for row in tried}) == len(tried) == 250

    return run


def others_list():
    """What Avaturn lists of a user is not what is here."""
    listed = [RemoteAvatar.parse({"id": str(uuid4()), "status": "ready"})]
    return lambda: avatars.difference([], "gone7", listed, timezone.now())


STATE = RemoteDeletion._meta.indexes[0].name
ACTIONS: dict[str, tuple[Callable[[], Callable[[], object]], set[str]]] = {
    "session": (
        lambda: visit("post", "/avatar/sessions/", {}, "application/json"),
        {"avaturnprofile_user_id_key"},
    ),
    "list": (
        lambda: visit("get", "/avatar/avatars/"),
        {"avatar_profile_id", "avatarfile_avatar_id"},
    ),
    "gallery": (
        lambda: visit("get", "/avatar/"),
        {"avatar_profile_id", "avatarfile_avatar_id"},
    ),
    "status": (lambda: jobs.report, {STATE}),
    "process": (lambda: lambda: call_command("avaturn_process"), {"avaturn_deletion_done", STATE}),
    "due rows": (due_rows, {STATE}),
    "sync": (
        lambda: lambda: list(islice(longest_unsynced(profiles(), timezone.now(), 10), 25)),
        {"avaturn_longest_unsynced"},
    ),
    "witness": (lambda: projects.knows_us, {"avaturn_longest_unsynced"}),
    "list of a remote user": (others_list, {"avaturn_deletion_owner"}),
    "deletion": (deletion_of_a_former_one, {"avaturn_remote_owner", "avaturn_deletion_owner"}),
    "another round": (lambda: lambda: jobs.revive(AvatarFile.objects.all()), set()),
}


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.django_db(databases=["default", *AVAILABLE])
def test_rows_are_looked_up_by_an_index(name, large):
    prepare, indexes = ACTIONS[name]
    act = prepare()
    with CaptureQueriesContext(connections["postgres"]) as captured:
        act()
    scans = [scan for query in captured for scan in scans_of(query["sql"])]
    assert scans
    assert [table for kind, table, _ in scans if kind == "Seq Scan" and BIG.match(table)] == []
    used = " ".join(index for _, _, index in scans)
    assert [index for index in indexes if index not in used] == []


def scans_of(sql: str) -> Iterator[tuple[str, str, str]]:
    """Node, table and index of each scan in the plan of a statement."""
    if not sql.startswith(("SELECT", "UPDATE", "DELETE")):
        return
    with connections["postgres"].cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        ((plan,),) = cursor.fetchall()
    nodes = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
        if "Scan" in node["Node Type"]:
            yield node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")


@pytest.mark.django_db
def test_run_over_many_due_rows_reads_their_keys_in_pages(sandbox, monkeypatch):
    """Each once, the longest waiting first, also where many are due at the same moment."""
    monkeypatch.setattr("django_avaturn.jobs.engine.PAGE", 3)
    now = timezone.now()
    for number in range(10):
        due_at = now - timedelta(hours=1 if number < 7 else 20 - number)
        RemoteDeletion.objects.create(avaturn_id=f"USER{number}", due_at=due_at)
    tried: list[Job] = []
    with CaptureQueriesContext(connection) as captured:
        jobs.run_due(
            RemoteDeletion,
            # What fails is due again at once, and is left to the next run.
            work=lambda row: row.postpone(0, "Not now."),
            on_result=tried.append,
        )
    oldest = [7, 8, 9, 0, 1, 2, 3, 4, 5, 6]
    assert [row.avaturn_id for row in tried] == [f"USER{number}" for number in oldest]
    assert len([query for query in captured if "LIMIT 3" in query["sql"]]) == 5
    jobs.run_due(RemoteDeletion, work=lambda row: row.finish(), on_result=tried.append)
    assert len(tried) == 20


@pytest.mark.django_db
def test_a_few_of_many_are_counted_and_read_as_a_few(members):
    members(12)
    now = timezone.now()
    with CaptureQueriesContext(connection) as captured:
        assert unsynced(profiles(), now)[:5].count() == 5
        assert len(list(islice(longest_unsynced(profiles(), now, 5), 5))) == 5
    assert all("LIMIT 5" in query["sql"] for query in captured if "synced_at" in query["sql"])
