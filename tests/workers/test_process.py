"""``manage.py avaturn_process`` in several processes at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.models import AvatarFile, FileDeletion, Job
from tests.databases import AVAILABLE

from .conftest import PIECEWISE, let_claims_lapse

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
on_postgres = pytest.mark.parametrize("any_database", ["postgres"], indirect=True)
on_both = pytest.mark.parametrize("any_database", ["default", "postgres"], indirect=True)

SLOW = ["in the body", "before the storage", "in the storage", "before the transaction"]


@pytest.fixture
def due_models(avatars, sandbox):
    """Have that many models waiting, which Avaturn has made already; nobody is at work yet."""

    def make(number):
        rows = [AvatarFile(avatar=avatar, kind="model") for avatar in avatars(number)]
        for row in rows:
            services.get_client().create_export(row.avatar_id)
        sandbox.calls.clear()
        return AvatarFile.objects.bulk_create(rows)

    return make


@on_postgres
def test_four_processes_do_each_of_200_rows_once(due_models, start, stored, temporary, sandbox):
    due_models(200)
    children = [start("avaturn_process", stop="start") for _ in range(4)]
    for child in children:
        child.until_stopped()
    for child in children:
        child.go_on()
    for child in children:
        child.finish()
    assert AvatarFile.objects.filter(state=Job.State.READY, attempts=1).count() == 200
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (200, 200)
    assert stored() == set(AvatarFile.objects.values_list("file", flat=True))
    assert len(stored()) == 200
    assert not FileDeletion.objects.exists()
    assert temporary() == []


@on_both
def test_row_that_is_being_worked_on_is_left_alone(due_models, start, stored, sandbox):
    due_models(1)
    first = start("avaturn_process", stop="in the body")
    first.until_stopped()
    start("avaturn_process").finish()
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (1, 1)
    first.go_on()
    first.finish()
    row = AvatarFile.objects.get()
    assert (row.state, row.attempts) == (Job.State.READY, 1)
    assert stored() == {row.file.name}


@on_postgres
@pytest.mark.parametrize("point", SLOW)
@pytest.mark.parametrize("lapsed", ["claim", "claim and guard"])
def test_slow_worker_neither_overwrites_nor_leaves_a_file(
    point, lapsed, due_models, start, stored, temporary
):
    due_models(1)
    slow = start("avaturn_process", stop=point, site=PIECEWISE)
    slow.until_stopped()
    guards = FileDeletion.objects.all()
    due_at = guards.get().due_at
    let_claims_lapse()
    if lapsed == "claim":
        guards.update(due_at=due_at)
    call_command("avaturn_process")
    row = AvatarFile.objects.get()
    assert row.state == Job.State.READY
    slow.go_on()
    slow.finish()
    again = AvatarFile.objects.get()
    assert (again.file.name, again.sha256, again.attempts) == (row.file.name, row.sha256, 2)
    assert stored() == {row.file.name}
    assert not FileDeletion.objects.exists()
    assert temporary() == []


@on_postgres
def test_what_a_worker_brings_after_its_claim_does_not_count(due_models, start, stored):
    """Even where the one that has the row now is not done yet."""
    due_models(1)
    slow = start("avaturn_process", stop="before the transaction")
    slow.until_stopped()
    let_claims_lapse()
    FileDeletion.objects.update(due_at=timezone.now() + timedelta(hours=1))
    owner = start("avaturn_process", stop="before the storage")
    owner.until_stopped()
    slow.go_on()
    slow.finish()
    row = AvatarFile.objects.get()
    assert (row.state, row.file.name, stored()) == (Job.State.PENDING, "", set())
    owner.go_on()
    owner.finish()
    row.refresh_from_db()
    assert (row.state, stored()) == (Job.State.READY, {row.file.name})


@on_both
def test_row_that_changes_during_a_long_pass(due_models, start, stored):
    """The pass began when the second row had no file; by its turn it has, and wants another."""
    _, second = due_models(2)
    long = start("avaturn_process", stop="in the body")
    long.until_stopped()
    assert jobs.run(AvatarFile.objects.get(pk=second.pk))
    assert AvatarFile.objects.get(pk=second.pk).file
    AvatarFile.objects.filter(pk=second.pk).restart()
    long.go_on()
    long.finish()
    rows = AvatarFile.objects.filter(state=Job.State.READY)
    assert stored() == set(rows.values_list("file", flat=True))
    assert len(stored()) == 2
