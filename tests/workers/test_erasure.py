"""A hundred users are deleted while Avaturn is down, or by a process that is killed."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from django_avaturn.models import AvaturnProfile, Job, RemoteDeletion
from django_avaturn.services.connection import get_circuit
from tests.databases import AVAILABLE

from .conftest import let_claims_lapse

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE]),
    pytest.mark.parametrize("any_database", ["default", "postgres"], indirect=True),
]

NUMBER = 100


@pytest.fixture
def users(any_database, stoppable):
    """Each with a remote user; Avaturn has gone down since."""
    model = get_user_model()
    made = model.objects.bulk_create([model(username=f"user{n}") for n in range(NUMBER)])
    remote_ids = [stoppable.sandbox.add_user() for _ in made]
    AvaturnProfile.objects.bulk_create(
        [
            AvaturnProfile(user=user, avaturn_id=remote_id)
            for user, remote_id in zip(made, remote_ids, strict=True)
        ]
    )
    stoppable.stop()
    return made


@pytest.fixture
def boss(users):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss", password="secret"))
    return client


def delete_in_admin(boss, users):
    """Choose, say "delete selected", and say yes."""
    chosen = {"action": "delete_selected", "_selected_action": [user.pk for user in users]}
    question = boss.post("/admin/auth/user/", chosen)
    assert question.status_code == 200
    assert "Are you sure" in question.text
    answer = boss.post("/admin/auth/user/", {**chosen, "post": "yes"})
    assert answer.status_code == 302


def told():
    out = StringIO()
    with suppress(SystemExit):  # it does not like outages
        call_command("avaturn_status", "--json", stdout=out)
    found = json.loads(out.getvalue())
    return next(work for work in found["work"] if work["kind"] == "remotedeletion")


def answers(stoppable):
    """How often each status was the answer to a deletion."""
    return Counter(c.status for c in stoppable.sandbox.calls if c.operation == "deleteUser")


def all_gone(stoppable):
    done = RemoteDeletion.objects.filter(state=Job.State.READY).exclude(done_at=None)
    return stoppable.sandbox.users == {} and done.count() == NUMBER and told()["due"] == 0


def test_outage(stoppable, boss, users):
    delete_in_admin(boss, users)
    assert get_user_model().objects.count() == 1  # the boss
    assert not AvaturnProfile.objects.exists()
    assert told()["due"] == NUMBER
    for _ in range(3):
        call_command("avaturn_process", stdout=StringIO())
    assert get_circuit().down_for() is not None
    assert told()["due"] == NUMBER  # still
    assert len(stoppable.sandbox.users) == NUMBER
    stoppable.start()
    call_command("avaturn_process", stdout=StringIO())
    assert answers(stoppable) == {200: NUMBER}
    assert all_gone(stoppable)


def test_killed_before_a_request(stoppable, boss, users, start):
    delete_in_admin(boss, users)
    stoppable.start()
    child = start("avaturn_process", stop="before the 51st request")
    child.until_stopped()
    child.kill()
    work = told()
    assert (answers(stoppable), work["due"], work["running"]) == ({200: 50}, 49, 1)
    let_claims_lapse()
    call_command("avaturn_process", stdout=StringIO())
    assert answers(stoppable) == {200: NUMBER}  # each was asked for once
    assert all_gone(stoppable)


def test_killed_before_an_answer_is_written_down(stoppable, boss, users, start):
    delete_in_admin(boss, users)
    stoppable.start()
    child = start("avaturn_process", stop="after the 51st request")
    child.until_stopped()
    child.kill()
    assert (answers(stoppable), told()["running"]) == ({200: 51}, 1)
    let_claims_lapse()
    call_command("avaturn_process", stdout=StringIO())
    assert answers(stoppable) == {200: NUMBER, 404: 1}  # gone already: that counts as done
    assert all_gone(stoppable)
