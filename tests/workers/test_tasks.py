"""What is handed to the task backend, and when; on any version of the task framework."""

from __future__ import annotations

from datetime import timedelta

import django
import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from django_avaturn import services, tasks
from django_avaturn.models import AvatarFile, FileDeletion, Job, RemoteDeletion

from .broken import SECRET

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.parametrize("any_database", ["default"], indirect=True)

FRAMEWORK = "django_tasks" if django.VERSION < (6, 0) else "django.tasks"


class Undo(Exception):
    """Rolls back."""


@pytest.fixture
def queued(settings):
    """What has been queued, by key."""
    settings.TASKS = {"default": {"BACKEND": f"{FRAMEWORK}.backends.dummy.DummyBackend"}}
    backend = tasks.framework.task_backends["default"]
    return lambda: [int(result.args[1]) for result in backend.results]


def due(name: str = "some") -> int:
    return FileDeletion.objects.create(name=name).pk


def test_the_framework_is_that_of_this_django():
    assert tasks.framework.__name__ == FRAMEWORK


def test_nothing_is_queued_before_the_commit(queued):
    with transaction.atomic():
        first, second = due(), due()
        assert queued() == []
    assert queued() == [first, second]


def test_row_that_is_saved_twice_is_queued_once_and_in_its_place(queued):
    with transaction.atomic():
        first, second = due(), due()
        FileDeletion.objects.get(pk=first).save()
    assert queued() == [first, second]


def test_rollback_queues_nothing_not_even_with_the_next_commit(queued):
    kept = due()
    with pytest.raises(Undo), transaction.atomic():
        due()
        FileDeletion.objects.get(pk=kept).save()
        raise Undo
    with transaction.atomic():
        later = due()
        with pytest.raises(Undo), transaction.atomic():
            due()
            raise Undo
    assert queued() == [kept, later]


def test_row_that_is_not_due_is_not_queued(queued):
    later = timezone.now() + timedelta(hours=1)
    FileDeletion.objects.create(name="some", due_at=later)
    assert queued() == []


def test_next_try_is_held_back_until_it_is_due(queued, sandbox):
    row = RemoteDeletion.objects.create(avaturn_id="USER1")
    sandbox.fail_next("deleteUser", status=500, times=9)
    RemoteDeletion.objects.update(attempts=1)
    tasks.work("django_avaturn.RemoteDeletion", str(row.pk))
    row.refresh_from_db()
    ahead = tasks.framework.task_backends["default"].results[-1].task.run_after
    assert ahead == row.due_at > timezone.now()


DOWN = {
    "": {"TASKS": {"default": {"BACKEND": "tests.workers.broken.BrokenBackend"}}},
    "Redis": {
        "TASKS": {"default": {"BACKEND": "django_tasks_rq.RQBackend"}},
        "RQ_QUEUES": {"default": {"URL": "redis://:secret@127.0.0.1:1/0"}},
    },
}


@on_sqlite
@pytest.mark.parametrize("kind", DOWN)
def test_request_succeeds_while_the_queue_is_down(
    kind, settings, as_ann, ann, avatars, sandbox, caplog
):
    (avatar,) = avatars(1)
    for key, value in DOWN[kind].items():
        setattr(settings, key, value)
    assert as_ann.post(f"/avatar/avatars/{avatar.pk}/exports/").status_code == 201
    assert as_ann.get(f"/avatar/avatars/{avatar.pk}/").status_code == 200
    row = AvatarFile.objects.get(kind="model")
    assert (row.is_due, row.attempts) == (True, 0)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert {record.name for record in errors} == {"django_avaturn.tasks"}
    assert f"AvatarFile {row.pk} was not queued (ConnectionError)" in errors[0].getMessage()
    assert SECRET not in caplog.text
    call_command("avaturn_process")
    AvatarFile.objects.filter(kind="model").update(due_at=timezone.now())
    call_command("avaturn_process")
    row.refresh_from_db()
    assert row.state == Job.State.READY


def test_queue_that_is_down_is_asked_but_once_by_a_transaction(settings, caplog):
    settings.TASKS = DOWN[""]["TASKS"]
    with transaction.atomic():
        for _ in range(5):
            due()
    assert len(caplog.records) == 1
    assert FileDeletion.objects.due().count() == 5


EXPORT = """
from django_avaturn import services, tasks
from django_avaturn.models import Avatar
assert str(getattr(tasks.framework, "__name__", None)) == "{}", tasks.framework
services.request_files(Avatar.objects.get())
"""


@on_sqlite
@pytest.mark.parametrize(
    ("without", "framework"),
    [([], FRAMEWORK), (["django.tasks", "django_tasks"], "None")],
    ids=["tasks", "no tasks"],
)
def test_site_that_has_chosen_no_backend(without, framework, avatars, start, stored):
    """With a task framework, and without any, as on Django 5.2 where no extra is installed."""
    (avatar,) = avatars(1)
    services.get_client().create_export(avatar.pk)
    start("shell", "-v0", "-c", EXPORT.format(framework), without=without).finish()
    row = AvatarFile.objects.get(kind="model")
    assert (row.state, row.attempts) == (Job.State.READY, 1)
    assert stored() == {row.file.name}
