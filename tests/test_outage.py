"""Avaturn is down for long: people are told at once, and no work is lost."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from django_avaturn import jobs, services, tasks
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.models import AvatarFile, Job, RemoteDeletion, WebhookEvent
from django_avaturn.services.circuit import PAUSE, THRESHOLD
from django_avaturn.services.connection import get_circuit

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = (RemoteDeletion, AvatarFile, WebhookEvent)
NOWHERE = "http://127.0.0.1:9"
DUMMY_CACHE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def process(*options):
    """What cron does; the text."""
    out = StringIO()
    call_command("avaturn_process", *options, stdout=out)
    return out.getvalue()


def status():
    out = StringIO()
    with suppress(SystemExit):  # it does not like outages
        call_command("avaturn_status", "--json", stdout=out)
    told = json.loads(out.getvalue())
    return told | {work["kind"]: work for work in told["work"]}


def time_goes_by():
    """Whatever waits for its next try is due."""
    for model in MODELS:
        model.objects.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())


@pytest.fixture
def work(ann, bob, sandbox):
    """One row of each kind that Avaturn is needed for."""
    profile = services.get_profile(ann)
    sandbox.add_avatar(profile.avaturn_id)
    services.sync_profile(profile)
    avatar = profile.avatars.get()
    services.get_client().create_export(avatar.pk)
    avaturn_id = services.get_profile(bob).avaturn_id
    rows = [
        RemoteDeletion(avaturn_id=avaturn_id),
        AvatarFile(avatar=avatar, kind="model"),
        WebhookEvent(
            event="avatar.ready", avatar_id=avatar.pk, payload={"user_id": avatar.avaturn_id}
        ),
    ]
    for row in rows:
        type(row).objects.bulk_create([row])  # so that nobody starts it
    sandbox.calls.clear()
    return [(type(row), row.pk) for row in rows]


def states(work):
    return [model.objects.get(pk=pk).state for model, pk in work]


WAYS = {
    "no connection": ({"API_URL": NOWHERE}, {}, {}),
    "no connection, no cache": ({"API_URL": NOWHERE}, {}, {"CACHES": DUMMY_CACHE}),
    "503": ({}, {"status": 503}, {}),
    "hangs": ({"TIMEOUT": 0.05}, {"latency": 2}, {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_long_outage_fails_nothing(way, work, sandbox, settings, configure):
    """Sixteen passes with everything due: more than any row's attempts, then one that does it."""
    before, others = dict(settings.AVATURN), WAYS[way][2]
    for key, value in others.items():
        setattr(settings, key, value)
    configure(MAX_RETRIES=0, **WAYS[way][0])
    sandbox.fail_next(times=9999, **WAYS[way][1])
    for _ in range(16):
        time_goes_by()
        process()
    assert states(work) == [Job.State.PENDING] * 3
    assert max(model.objects.get(pk=pk).attempts for model, pk in work) < THRESHOLD
    settings.AVATURN = before
    sandbox.faults.clear()
    time_goes_by()
    process()
    assert states(work) == [Job.State.READY] * 3
    assert status()["healthy"]


def test_row_that_fails_among_others_that_do_not_is_given_up(bob, sandbox):
    """Avaturn answers others, so it is no outage."""
    row = RemoteDeletion(avaturn_id=services.get_profile(bob).avaturn_id)
    RemoteDeletion.objects.bulk_create([row])
    for _ in range(jobs.HANDLERS[RemoteDeletion].max_attempts):
        assert RemoteDeletion.objects.get().state == Job.State.PENDING
        sandbox.fail_next("deleteUser", status=500)
        time_goes_by()
        jobs.run_due(RemoteDeletion)
        services.get_client().create_user()
    assert RemoteDeletion.objects.get().state == Job.State.FAILED


def down(sandbox):
    """Open the circuit, and use up the call that it lets through."""
    sandbox.fail_next(status=500, times=9999)
    for _ in range(THRESHOLD + 1):
        with pytest.raises(AvaturnUnavailable):
            services.get_client().create_user()
    sandbox.calls.clear()


def test_refused_row_is_left_as_it_was(bob, sandbox):
    row = RemoteDeletion(avaturn_id=services.get_profile(bob).avaturn_id, attempts=3)
    row.due_at = timezone.now() - timedelta(hours=2)
    RemoteDeletion.objects.bulk_create([row])
    down(sandbox)
    assert jobs.run(RemoteDeletion.objects.get()) is False
    same = RemoteDeletion.objects.get()
    assert (same.attempts, same.due_at, same.claimed_until) == (3, row.due_at, None)
    assert "not asked" in same.error
    assert sandbox.calls == []


def test_row_that_was_asked_for_in_vain_goes_behind_the_others(sandbox, db):
    """Else three slow ones could keep the circuit open for all."""
    old = timezone.now() - timedelta(hours=1)
    rows = [RemoteDeletion(avaturn_id=f"USER{n}", due_at=old) for n in range(5)]
    RemoteDeletion.objects.bulk_create(rows)
    down(sandbox)
    process()
    moved = RemoteDeletion.objects.filter(due_at__gt=old)
    assert moved.count() == jobs.PATIENCE == sandbox.count("deleteUser")
    assert not moved.exclude(attempts=0).exists()
    assert RemoteDeletion.objects.due().count() == 5


@pytest.mark.parametrize(
    ("due_for", "reached", "least", "most"),
    [
        (0, True, 0, 1),
        (9999, True, 0, 1),
        (-60, True, 59, 61),
        (0, False, 3, 8),
        (100, False, 37, 63),
        (99999, False, 449, 751),
        (-60, False, 59, 61),
    ],
)
def test_a_queue_brings_a_row_back_ever_more_rarely(due_for, reached, least, most):
    now = timezone.now()
    for _ in range(20):
        at = jobs.next_try(now - timedelta(seconds=due_for), reached)
        assert least <= (at - now).total_seconds() <= most


def test_queue_that_can_wait_does_not_spin(settings, bob, sandbox):
    row = RemoteDeletion(avaturn_id=services.get_profile(bob).avaturn_id)
    RemoteDeletion.objects.bulk_create([row])
    down(sandbox)
    backend = f"{tasks.framework.__name__}.backends.dummy.DummyBackend"
    settings.TASKS = {"default": {"BACKEND": backend}}
    before = timezone.now()
    assert tasks.work("django_avaturn.RemoteDeletion", str(row.pk)) is False
    (queued,) = tasks.framework.task_backends["default"].results
    assert queued.task.run_after > before + timedelta(seconds=3)
    assert RemoteDeletion.objects.due().count() == 1  # for avaturn_process at any time


def test_a_person_is_told_at_once_and_when_to_come_back(as_ann, sandbox, django_assert_num_queries):
    assert as_ann.post("/avatar/sessions/").status_code == 201
    down(sandbox)
    answer = as_ann.post("/avatar/sessions/")
    assert (answer.status_code, answer.json()["code"]) == (502, "avaturn_unavailable")
    assert PAUSE <= int(answer["Retry-After"]) <= PAUSE + 1
    assert sandbox.calls == []
    sandbox.faults.clear()
    cache.clear()  # the pause is over
    answer = as_ann.post("/avatar/sessions/")
    assert answer.status_code == 201
    assert "Retry-After" not in answer


def test_pages_need_no_avaturn(as_ann, ann, sandbox, make_avatar):
    make_avatar(ann)
    down(sandbox)
    assert as_ann.get("/avatar/").status_code == 200
    assert as_ann.get("/avatar/avatars/").json()["results"]
    assert as_ann.get("/avatar/profile/").status_code == 200
    assert sandbox.calls == []


def test_one_pass_gets_through_an_open_circuit(stoppable):
    """Right after the outage, whoever else has asked just before."""
    users = [get_user_model().objects.create_user(f"user{n}") for n in range(9)]
    for one in users:
        services.get_profile(one)
    stoppable.stop()
    get_user_model().objects.all().delete()
    for _ in range(3):
        process()
    told = status()
    assert (told["avaturn"], told["remotedeletion"]["due"]) == ("unreachable", 9)
    stoppable.start()
    cache.add(get_circuit()._probe, 1, PAUSE)  # somebody has just taken the one call there is
    with pytest.raises(AvaturnUnavailable):
        services.get_client().create_user()
    process()
    assert [call.operation for call in stoppable.sandbox.calls[9:]] == ["deleteUser"] * 9
    assert status()["healthy"]
