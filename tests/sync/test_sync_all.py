"""Everybody brought in step: what it costs, in which order, and by how many threads."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from django_avaturn import services
from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import AvaturnRejected
from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.services import SyncResult, avatars, marks, sync_all, syncing
from tests.databases import AVAILABLE

pytestmark = pytest.mark.django_db(transaction=True)


def total(outcomes):
    return sum((outcome.result for outcome in outcomes), SyncResult())


@pytest.fixture
def asked(monkeypatch):
    """The remote users that are asked for, in order."""
    order = []
    real = AvaturnClient.list_avatars

    def noting(client, user_id, **options):
        order.append(user_id)
        return real(client, user_id, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", noting)
    return order


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
def test_eight_threads_bring_everybody_in_step(any_database, members, sandbox):
    profiles = members(40)
    for profile in profiles:
        sandbox.add_avatar(profile.avaturn_id)
    before = timezone.now()
    outcomes = list(sync_all(jobs=8))
    assert [outcome.error for outcome in outcomes] == [None] * 40
    assert total(outcomes) == SyncResult(added=40)
    assert sandbox.count("listUserAvatars") == len(sandbox.calls) == 40
    assert Avatar.objects.count() == AvaturnProfile.objects.filter(synced_at__gt=before).count()
    assert total(sync_all(jobs=8)) == SyncResult()


@pytest.fixture
def eight_at_a_time(monkeypatch):
    """However slow the machine is."""
    monkeypatch.setattr(marks, "BATCH", 8)
    monkeypatch.setattr(marks, "AGE", 3600)


def test_where_nothing_has_changed_users_share_a_statement(
    eight_at_a_time, members, sandbox, statements
):
    for profile in members(20):
        sandbox.add_avatar(profile.avaturn_id)
    list(sync_all())
    statements.clear()
    assert len(list(sync_all(jobs=1))) == 20
    updates = [sql for sql in statements if sql.startswith("UPDATE")]
    assert len(updates) == 3
    pages = [sql for sql in statements if sql.startswith("SELECT")]
    assert len(pages) == 4  # never synced, synced, their avatars, no more
    assert not [sql for sql in statements if sql.startswith(("BEGIN", "SAVEPOINT"))]


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
def test_everybody_is_marked_whatever_is_left_of_a_batch(any_database, eight_at_a_time, members):
    members(20)
    for jobs in (1, 4, 4, 4, 4):
        before = timezone.now()
        assert len(list(sync_all(jobs=jobs))) == 20
        assert AvaturnProfile.objects.filter(synced_at__gte=before).count() == 20


def test_nobody_waits_long_to_be_marked(members, monkeypatch, statements):
    monkeypatch.setattr(marks, "AGE", 0)
    members(5)
    statements.clear()
    assert len(list(sync_all(jobs=1))) == 5
    assert len([sql for sql in statements if sql.startswith("UPDATE")]) == 5


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("any_database", list(AVAILABLE), indirect=True)
def test_who_is_being_changed_is_left_alone_and_keeps_nobody(any_database, members):
    """With many rows of one transaction it could else wait for another that waits for it."""
    profiles = members(6)
    before = timezone.now()
    with transaction.atomic(any_database):
        profiles[2].hold(profiles[2].pk)
        assert [outcome.error for outcome in sync_all(jobs=2)] == [None] * 6
    late = AvaturnProfile.objects.filter(synced_at__lt=before)
    assert list(late) == [profiles[2]]


def test_longest_unsynced_first_page_by_page(members, asked, monkeypatch, sandbox):
    monkeypatch.setattr(syncing, "PAGE", 2)
    profiles = members(8)
    for profile in (profiles[2], profiles[5], profiles[7]):
        AvaturnProfile.objects.filter(pk=profile.pk).update(synced_at=None)
    same = timezone.now() - timedelta(days=1)
    AvaturnProfile.objects.filter(pk__in=[profiles[n].pk for n in (1, 3, 4)]).update(synced_at=same)
    sandbox.fail_next("listUserAvatars", status=422, times=4)  # and none of them comes twice
    asked.clear()
    outcomes = list(sync_all(jobs=1))
    order = [2, 5, 7, 1, 3, 4, 0, 6]
    assert asked == [profiles[n].avaturn_id for n in order]
    failed = [outcome.profile.pk for outcome in outcomes if outcome.error]
    assert failed == [profiles[n].pk for n in order[:4]]


def test_limit_and_before(members, asked):
    profiles = members(6)
    list(sync_all(before=profiles[3].synced_at, jobs=1))
    assert asked == [profile.avaturn_id for profile in profiles[:3]]
    asked.clear()
    list(sync_all(limit=2, jobs=1))
    assert asked == [profile.avaturn_id for profile in profiles[3:5]]


def test_only_those_that_are_linked(ann, members, asked):
    AvaturnProfile.objects.create(user=ann)
    (profile,) = members(1)
    assert [outcome.profile for outcome in sync_all()] == [profile]


def test_who_fails_does_not_stop_the_rest(members, sandbox):
    members(12)
    sandbox.fail_next("listUserAvatars", status=422, times=3)
    errors = [outcome.error for outcome in sync_all() if outcome.error]
    assert [type(error).__mro__[1] for error in errors] == [AvaturnRejected] * 3
    assert len(list(sync_all(before=timezone.now() - timedelta(hours=1)))) == 0


def test_a_mistake_for_one_does_not_stop_the_rest(members, sandbox, monkeypatch, caplog):
    profiles = members(6)
    real = avatars.bring_in_step

    def mistaken(profile, *args):
        return 1 / 0 if profile == profiles[2] else real(profile, *args)

    monkeypatch.setattr(avatars, "bring_in_step", mistaken)
    failed = [outcome for outcome in sync_all() if outcome.error]
    assert [(one.profile, type(one.error)) for one in failed] == [(profiles[2], ZeroDivisionError)]
    assert "ZeroDivisionError" in caplog.text


def test_no_transaction_is_open_during_a_call(members, sandbox, monkeypatch):
    for profile in members(6):
        sandbox.add_avatar(profile.avaturn_id)
    real, seen = AvaturnClient.list_avatars, []

    def looking(client, *args, **options):
        seen.append((threading.current_thread(), connection.in_atomic_block))
        return real(client, *args, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", looking)
    assert total(sync_all(jobs=3)) == SyncResult(added=6)
    assert [is_open for _, is_open in seen] == [False] * 6
    assert threading.current_thread() not in {thread for thread, _ in seen}


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("any_database", ["postgres"], indirect=True)
def test_threads_leave_no_connection_behind(any_database, members):
    members(6)
    own = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

    def number():
        with connections["postgres"].cursor() as cursor:
            cursor.execute(own)
            return cursor.fetchone()[0]

    before = number()
    outcomes = sync_all(jobs=3)
    next(outcomes)
    assert number() > before
    assert len(list(outcomes)) == 5
    # A server's process ends a moment after its client has hung up.
    patience = threading.Event()
    for _ in range(100):
        if number() == before:
            break
        patience.wait(0.05)
    assert number() == before


def test_whoever_has_seen_enough_can_leave(members, sandbox):
    members(30)
    outcomes = sync_all(jobs=3)
    next(outcomes)
    running = threading.active_count()
    outcomes.close()
    assert threading.active_count() < running
    assert sandbox.count("listUserAvatars") <= 1 + 3 + 3 + 1  # told of, in the queue, in hand


def test_a_database_that_breaks_is_told_of(members):
    members(1)
    broken = AvaturnProfile.objects.extra(where=["no_such_column = 1"])
    with pytest.raises(DatabaseError):
        list(sync_all(broken))


def test_dry_run_writes_nothing(members, sandbox, written):
    first, second, third, fourth = members(4)
    old = sandbox.add_avatar(first.avaturn_id)
    lost = sandbox.add_avatar(second.avaturn_id)
    list(sync_all())
    sandbox.set_status(old, "processing")
    services.get_client().delete_avatar(second.avaturn_id, lost)
    sandbox.add_avatar(third.avaturn_id)
    services.get_client().delete_user(fourth.avaturn_id)
    before = written()
    outcomes = list(sync_all(dry_run=True, relink=True))
    assert total(outcomes) == SyncResult(added=1, changed=1, gone=1)
    assert [outcome.profile for outcome in outcomes if outcome.lost] == [fourth]
    assert written() == before
    assert total(sync_all()) == SyncResult(added=1, changed=1, gone=1)
