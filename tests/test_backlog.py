"""Webhooks of a burst: those that nobody waits for are settled several at once."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.jobs import backlog, events
from django_avaturn.models import AvatarFile, Job, WebhookEvent
from tests.databases import AVAILABLE

PATH = "/avatar/webhooks/a-secret-of-the-tests-9b1f/"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture(autouse=True)
def configured(sandbox, configure):
    configure(WEBHOOK_SECRETS=["a-secret-of-the-tests-9b1f"])


def post(avatar_id=None):
    told = {"event": "export.ready", "avatar_id": str(avatar_id or uuid4())}
    try:
        return Client().post(PATH, json.dumps(told), "application/json").status_code
    finally:
        connections.close_all()


def claimed(avatar_id=None):
    return WebhookEvent.objects.create(
        event="export.ready",
        avatar_id=avatar_id or uuid4(),
        digest=uuid4().hex,
        attempts=1,
        claimed_until=timezone.now() + timedelta(minutes=1),
    )


def test_what_comes_while_one_is_at_work_is_the_next_ones(any_database, monkeypatch):
    batches, at_work, go_on = [], threading.Event(), threading.Event()

    def dismiss(rows):
        batches.append(len(rows))
        at_work.set()
        assert go_on.wait(20)
        return events.dismiss(rows)

    monkeypatch.setattr(backlog, "dismiss", dismiss)
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(post)
        assert at_work.wait(20)
        others = [pool.submit(post) for _ in range(9)]
        # All but the one that waits for its turn; that has the rows of all.
        gone = [done.result() for _, done in zip(range(8), as_completed(others), strict=False)]
        go_on.set()
        assert [first.result(), *gone] == [200] * 9
        assert {other.result() for other in others} == {200}
    assert batches == [1, 9]
    assert WebhookEvent.objects.filter(state=Job.State.READY, claimed_until=None).count() == 10


@pytest.mark.parametrize("count", [1, 10])
def test_two_queries_for_one_and_for_many(count, django_assert_num_queries):
    rows = [claimed() for _ in range(count)]
    with django_assert_num_queries(2):
        assert events.dismiss(rows) == []
    assert {(row.state, row.error) for row in rows} == {(Job.State.READY, events.NOT_OURS)}
    stored = WebhookEvent.objects.filter(state=Job.State.READY, processed_at__lte=timezone.now())
    assert stored.count() == count


def test_what_somebody_waits_for_is_left(ann, sandbox):
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.record_export(ann, avatar_id, {})
    AvatarFile.objects.update(due_at="2999-01-01T00:00Z")
    awaited, idle = claimed(avatar_id), claimed()
    assert events.dismiss([awaited, idle]) == [awaited]
    assert (awaited.state, idle.state) == (Job.State.PENDING, Job.State.READY)


def test_a_row_that_is_no_longer_ours_is_not_settled(any_database):
    ours, restarted = claimed(), claimed()
    WebhookEvent.objects.get(pk=restarted.pk).amend(claimed_until=None, due_at=None)
    assert events.dismiss([ours, restarted]) == [ours, restarted]
    assert WebhookEvent.objects.get(state=Job.State.PENDING) == restarted


def test_a_failure_of_all_is_that_of_none(monkeypatch):
    def fail(rows):
        raise DatabaseError

    monkeypatch.setattr(backlog, "dismiss", fail)
    assert post() == 200
    assert WebhookEvent.objects.get().state == Job.State.READY
