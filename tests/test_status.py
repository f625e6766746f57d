"""What is told of the work: true numbers, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.urls import path
from django.utils import timezone

from django_avaturn import health, jobs, services
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.models import FileDeletion, RemoteDeletion
from django_avaturn.services.circuit import THRESHOLD

urlpatterns = [path("health/", health.status)]
pytestmark = pytest.mark.django_db(transaction=True)


def run(*options):
    """The text, and the exit code."""
    out = StringIO()
    try:
        call_command("avaturn_status", *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def told(kind="remotedeletion"):
    return next(work for work in jobs.work_status() if work.kind == kind)


def row(**fields):
    """A deletion that nobody starts; ``due_in`` is in seconds."""
    due_at = timezone.now() + timedelta(seconds=fields.pop("due_in", 600))
    made = RemoteDeletion.objects.create(avaturn_id="A" * 32, due_at=timezone.now() + timedelta(1))
    RemoteDeletion.objects.filter(pk=made.pk).update(due_at=due_at, **fields)


def test_nothing_to_do(db):
    text, code = run()
    assert code == 0
    assert len(text.splitlines()) == 5  # a head, and four kinds
    assert json.loads(run("--json")[0])["healthy"] is True


def test_each_row_is_counted_once(db):
    soon = timezone.now() + timedelta(minutes=1)
    row(due_in=-120)
    row(due_in=-60)
    row(due_in=600)
    row(due_in=-60, claimed_until=soon)
    row(state="failed")
    row(state="ready")
    work = told()
    assert (work.due, work.waiting, work.running, work.failed) == (2, 1, 1, 1)
    assert 119 < work.oldest < 130
    assert told("filedeletion").due == 0


def test_what_waits_for_somebody_else_is_no_alarm(db):
    FileDeletion.objects.create(name="x", due_at=None)
    work = told("filedeletion")
    assert (work.due, work.waiting, work.is_healthy) == (0, 1, True)
    assert run()[1] == 0


@pytest.mark.parametrize(
    ("fields", "advice"),
    [({"state": "failed"}, "--retry-failed"), ({"due_in": -7200}, "from cron")],
)
def test_what_needs_attention_ends_with_1(fields, advice):
    row(**fields)
    text, code = run()
    assert code == 1
    assert advice in text
    assert run("--json")[1] == 1


def test_one_query_for_each_kind(db, django_assert_num_queries):
    with django_assert_num_queries(4):
        jobs.work_status()


@pytest.mark.urls("tests.test_status")
def test_monitoring_page_has_numbers_only(db):
    row(due_in=-60, error="Avaturn answered with status 500.")
    answer = Client().get("/health/")
    assert answer.status_code == 200
    assert answer.json() == json.loads(run("--json")[0]) | {"work": answer.json()["work"]}
    assert "A" * 32 not in answer.text
    assert "500" not in answer.text
    row(state="failed")
    assert Client().get("/health/").status_code == 503
    assert Client().post("/health/").status_code == 405
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.urls("tests.test_status")
def test_an_open_circuit_needs_attention(sandbox, django_assert_num_queries):
    sandbox.fail_next(status=503, times=99)
    for failures in range(THRESHOLD):
        assert jobs.report().as_json()["avaturn"] == "reachable", failures
        with pytest.raises(AvaturnUnavailable):
            services.get_client().create_user()
    text, code = run()
    assert code == 1
    assert "Avaturn has not answered for under a minute." in text
    with django_assert_num_queries(4):
        answer = Client().get("/health/")
    assert answer.status_code == 503
    told = answer.json()
    assert (told["avaturn"], told["healthy"]) == ("unreachable", False)
    assert 0 < told["down_for"] < 60
    assert sandbox.count("createUser") == THRESHOLD
    sandbox.faults.clear()
    services.get_client().create_user()
    told = json.loads(run("--json")[0])
    assert (told["avaturn"], told["down_for"], told["healthy"]) == ("reachable", 0.0, True)


def test_an_outage_is_told_and_over_in_one_go(sandbox, settings, configure):
    """With Avaturn down the site's own deletions complete; later one run does them all."""
    users = [get_user_model().objects.create_user(f"user{n}") for n in range(30)]
    for one in users:
        services.get_profile(one)
    up = settings.AVATURN["API_URL"]
    configure(API_URL="http://127.0.0.1:9")
    get_user_model().objects.all().delete()
    work = told()
    assert work.due + work.waiting == 30
    assert (work.failed, len(sandbox.users)) == (0, 30)
    configure(API_URL=up)
    RemoteDeletion.objects.filter(state="pending").update(due_at=timezone.now())
    sandbox.calls.clear()
    call_command("avaturn_process", stdout=StringIO())
    assert sandbox.users == {}
    assert sandbox.count("deleteUser") == 30
    assert told().due == 0
