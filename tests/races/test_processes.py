"""Races between processes, each stopped where it matters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections

from django_avaturn import services
from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    Job,
    RemoteDeletion,
)
from tests.databases import AVAILABLE
from tests.workers.conftest import PIECEWISE, avatars, start, stored, temporary
from tests.workers.test_backends import db_worker, in_database, same_admin

__all__ = ["avatars", "in_database", "same_admin", "start", "stored", "temporary"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])

SERVERS = pytest.mark.parametrize("any_database", ["postgres", "mysql"], indirect=True)
LINK = """
from django.contrib.auth import get_user_model
from django_avaturn import services
services.get_profile(get_user_model().objects.get())
"""


@SERVERS
@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
def test_first_sessions_from_three_processes_make_one_remote_user(
    any_database, ann, start, sandbox, killed
):
    first = start("shell", "-v0", "-c", LINK, stop="before the remote user")
    first.until_stopped()
    others = [start("shell", "-v0", "-c", LINK, stop="while another links") for _ in range(2)]
    for other in others:
        other.until_stopped()
    if killed:
        first.kill()
        AvaturnProfile.objects.update(claimed_until=None)  # as if its time had run out
    else:
        first.go_on()
        first.finish()
    for other in others:
        other.go_on()
    for other in others:
        other.finish()
    assert sandbox.count("createUser") == 1
    assert sandbox.users.keys() == {AvaturnProfile.objects.get().avaturn_id}


@pytest.fixture
def deletions(any_database, sandbox):
    """Twenty remote users that are to be deleted."""
    rows = [RemoteDeletion(avaturn_id=sandbox.add_user()) for _ in range(20)]
    RemoteDeletion.objects.bulk_create(rows)
    return RemoteDeletion.objects.filter(state=Job.State.READY, attempts=1)


@pytest.mark.parametrize("any_database", ["mysql"], indirect=True)
def test_two_processes_do_each_deletion_once(deletions, start, sandbox):
    children = [start("avaturn_process", stop="start") for _ in range(2)]
    for child in children:
        child.until_stopped()
    for child in children:
        child.go_on()
    for child in children:
        child.finish()
    assert deletions.count() == sandbox.count("deleteUser") == 20
    assert sandbox.users == {}


@pytest.mark.parametrize("any_database", ["postgres"], indirect=True)
def test_a_process_and_a_worker_of_tasks_do_each_row_once(
    in_database, avatars, start, stored, sandbox
):
    for avatar in avatars(8):
        services.get_client().create_export(avatar.pk)
        services.request_files(avatar)
    sandbox.calls.clear()
    rows = AvatarFile.objects.filter(kind="model")
    process = start("avaturn_process", stop="start", site=in_database)
    process.until_stopped()
    worker = db_worker(start, in_database, "--batch")
    process.go_on()
    process.finish()
    worker.finish()
    assert rows.filter(state=Job.State.READY, attempts=1).count() == 8
    assert (sandbox.count("createExport"), sandbox.count("downloadFile")) == (8, 8)
    assert stored() == set(rows.values_list("file", flat=True))


def delete_avatar(ann: Any) -> None:
    services.delete_avatar(Avatar.objects.get())


def delete_user(ann: Any) -> None:
    ann.delete()


@pytest.mark.parametrize(
    ("any_database", "point", "deletion"),
    [
        ("postgres", "in the body", services.erase),
        ("postgres", "before the storage", delete_user),
        ("postgres", "in the storage", delete_avatar),
        ("postgres", "before the commit", delete_user),
        ("mysql", "before the transaction", delete_avatar),
        ("mysql", "before the commit", services.erase),
    ],
    indirect=["any_database"],
)
def test_what_is_deleted_while_a_worker_fetches_it(
    any_database, point, deletion, ann, avatars, start, stored, temporary, sandbox
):
    (avatar,) = avatars(1)
    services.get_client().create_export(avatar.pk)
    AvatarFile.objects.bulk_create([AvatarFile(avatar=avatar, kind="model")])
    worker = start("avaturn_process", stop=point, site=PIECEWISE)
    worker.until_stopped()

    def delete() -> None:
        try:
            deletion(ann)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        deleted = pool.submit(delete)
        with suppress(TimeoutError):  # the worker may hold the row's lock
            deleted.result(0.5)
        worker.go_on()
        worker.finish()
        deleted.result(20)
    start("avaturn_process").finish()
    assert not Avatar.objects.exists()
    assert (stored(), temporary()) == (set(), [])
    assert not FileDeletion.objects.exists()
    assert sandbox.users.keys() == set(AvaturnProfile.objects.values_list("avaturn_id", flat=True))
