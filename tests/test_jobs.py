"""Claiming, postponing, giving up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.models import FileDeletion, Job, RemoteDeletion


@pytest.fixture
def row(ann, sandbox):
    avaturn_id = services.get_profile(ann).avaturn_id
    return RemoteDeletion.objects.create(avaturn_id=avaturn_id)


def test_row_is_done_once(row, sandbox):
    stale = RemoteDeletion.objects.get(pk=row.pk)
    assert jobs.run(row)
    assert jobs.run(row)
    assert jobs.run(stale)
    assert sandbox.count("deleteUser") == 1


def test_claimed_row_is_left_alone(row, sandbox):
    RemoteDeletion.objects.update(claimed_until=timezone.now() + timedelta(seconds=60))
    jobs.run(row)
    assert sandbox.count("deleteUser") == 0


def test_row_of_a_killed_process_comes_back(row, sandbox, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    deadly = replace(jobs.HANDLERS[RemoteDeletion], work=killed)
    monkeypatch.setitem(jobs.HANDLERS, RemoteDeletion, deadly)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(row)
    row.refresh_from_db()
    assert row.state == Job.State.PENDING
    assert not row.is_due
    ahead = (row.claimed_until - timezone.now()).total_seconds()
    # Longer than any try takes: four calls, each twice, with five seconds to connect and to read.
    assert 80 < ahead < 120


def test_delays_grow_and_are_capped():
    assert jobs.delay(1) == 0
    for attempts in range(2, 40):
        full = min(6 * 3600, 30 * 2 ** (attempts - 2))
        assert 0.75 * full <= jobs.delay(attempts) <= 1.25 * full


def test_pass_stops_when_avaturn_is_down(sandbox, db):
    for number in range(10):
        RemoteDeletion.objects.create(avaturn_id=f"USER{number}")
    sandbox.fail_next("deleteUser", status=500, times=99)
    jobs.run_due(RemoteDeletion)
    assert sandbox.count("deleteUser") == jobs.PATIENCE


def test_rejected_row_does_not_stop_the_pass(sandbox, db):
    for number in range(10):
        RemoteDeletion.objects.create(avaturn_id=f"USER{number}")
    sandbox.fail_next("deleteUser", status=422, times=9)
    tried = []
    jobs.run_due(RemoteDeletion, on_result=tried.append)
    assert [row.state for row in tried] == [Job.State.PENDING] * 9 + [Job.State.READY]


def test_a_second_round_leaves_guards_alone(sandbox, db):
    """A file that is just being stored is guarded by a deletion whose time has not come."""
    later = timezone.now() + timedelta(hours=1)
    guard = FileDeletion.objects.create(name="avaturn/aa/new.glb", due_at=later)
    failed = FileDeletion.objects.create(name="avaturn/bb/old.glb", due_at=later, attempts=3)
    FileDeletion.objects.filter(pk=failed.pk).update(state=Job.State.FAILED)
    jobs.revive(FileDeletion.objects.all())
    assert not FileDeletion.objects.get(pk=guard.pk).is_due
    assert FileDeletion.objects.get(pk=failed.pk).is_due
