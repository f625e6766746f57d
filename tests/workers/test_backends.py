"""Real workers of the task backends that sites run."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.db import connections, transaction
from django.utils import timezone

from django_avaturn import services
from django_avaturn.models import AvatarFile, FileDeletion, Job
from tests.databases import AVAILABLE, REDIS_AVAILABLE, REDIS_URL

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE]),
    pytest.mark.parametrize("any_database", ["postgres"], indirect=True),
]

DAY = timedelta(days=1).total_seconds()


@pytest.fixture(autouse=True)
def same_admin():
    """The apps of the backends put pages of their own into the admin, which would outlast them."""
    before = dict(admin.site._registry)
    yield
    admin.site._registry = before


@pytest.fixture
def when(sandbox):
    """Have something done, in the sandbox's thread, at the n-th call of an operation."""
    planned = {}

    def listen(call):
        action = planned.get((call.operation, sandbox.count(call.operation)))
        if action:
            action()

    sandbox.listener = listen
    yield lambda operation, number, action: planned.update({(operation, number): action})
    sandbox.listener = None


@pytest.fixture
def in_database(any_database, settings):
    """The site's tasks are rows of its database."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django_tasks_db"]
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    from django_tasks_db.models import DBTaskResult

    with connections[any_database].schema_editor() as schema:
        schema.create_model(DBTaskResult)
    yield {"TASKS": settings.TASKS}
    with connections[any_database].schema_editor() as schema:
        schema.delete_model(DBTaskResult)


@pytest.fixture
def in_redis(settings):
    """The site's tasks are in an empty database of Redis, which is emptied afterwards."""
    if not REDIS_AVAILABLE:
        pytest.skip("Redis does not answer; see tests/databases.py")
    import redis

    for number in range(15, 0, -1):
        url = urlsplit(REDIS_URL)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url) as client:
            if not client.dbsize():
                break
    else:
        pytest.fail("No database of Redis is empty.")
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django_rq"]
    settings.TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend"}}
    settings.RQ_QUEUES = {"default": {"URL": url}}
    yield {"TASKS": settings.TASKS, "RQ_QUEUES": settings.RQ_QUEUES}
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def db_worker(start, site, *options):
    return start("db_worker", "--no-startup-delay", "--interval=0.1", *options, site=site)


def rq_worker(start, site, *options):
    return start("rqworker", "--job-class=django_tasks_rq.Job", *options, "default", site=site)


def export(avatars, number):
    """Record exports of models that Avaturn has made already."""
    made = avatars(number)
    for avatar in made:
        services.get_client().create_export(avatar.pk)
        services.record_export(avatar.profile.user, avatar.pk, {})
    return AvatarFile.objects.filter(kind="model")


def test_exports_end_as_files_by_two_workers(in_database, avatars, start, stored, sandbox):
    rows = export(avatars, 10)
    assert not rows.exclude(state=Job.State.PENDING, attempts=0).exists()
    sandbox.calls.clear()
    workers = [db_worker(start, in_database, "--batch") for _ in range(2)]
    for worker in workers:
        worker.finish()
    assert rows.filter(state=Job.State.READY, attempts=1).count() == 10
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (10, 10)
    assert stored() == set(rows.values_list("file", flat=True))


def test_rollback_leaves_no_task(in_database, avatars):
    from django_tasks_db.models import DBTaskResult

    (avatar,) = avatars(1)
    with transaction.atomic(using="postgres"):
        services.request_files(avatar)
        transaction.set_rollback(True, using="postgres")
    FileDeletion.objects.create(name="of another transaction")
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs["args"][0] == "django_avaturn.FileDeletion"


@pytest.mark.parametrize("backend", ["in_database", "in_redis"])
def test_pending_export_is_asked_for_until_it_is_there(
    backend, request, avatars, start, stored, sandbox, when
):
    """By deferred tasks alone: nobody asks for a page meanwhile."""
    site = request.getfixturevalue(backend)
    downloaded = threading.Event()
    when("createExport", 2, lambda: sandbox.clock.advance(DAY))
    when("downloadFile", 1, downloaded.set)
    sandbox.export_seconds = DAY
    (avatar,) = avatars(1)
    services.request_files(avatar)
    if backend == "in_database":
        worker = db_worker(start, site)
    else:
        worker = rq_worker(start, site, "--with-scheduler")
    assert downloaded.wait(30)
    worker.terminate()  # it finishes what it is at
    row = AvatarFile.objects.get(kind="model")
    assert (row.state, row.attempts) == (Job.State.READY, 1)
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (3, 1)
    assert stored() == {row.file.name}
    assert row.stored_at - row.requested_at >= timedelta(seconds=1)
    assert row.stored_at < timezone.now()


def test_exports_end_as_files_by_a_worker_of_redis(in_redis, avatars, start, stored, sandbox):
    rows = export(avatars, 3)
    assert not rows.exclude(state=Job.State.PENDING, attempts=0).exists()
    sandbox.calls.clear()
    rq_worker(start, in_redis, "--burst").finish()
    assert rows.filter(state=Job.State.READY, attempts=1).count() == 3
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (3, 3)
    assert stored() == set(rows.values_list("file", flat=True))
