"""Deletion by any road reaches Avaturn, and what fails is tried again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models.deletion import Collector
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Job, RemoteDeletion
from tests.databases import AVAILABLE

pytestmark = pytest.mark.django_db(transaction=True)

ROADS = {
    "service": lambda avatar: services.delete_avatar(avatar),
    "instance": lambda avatar: avatar.delete(),
    "queryset": lambda avatar: Avatar.objects.filter(pk=avatar.pk).delete(),
    "related manager": lambda avatar: avatar.profile.avatars.all().delete(),
}
CASCADES = {
    "profile": lambda user: user.avaturn_profile.delete(),
    "profiles": lambda user: AvaturnProfile.objects.all().delete(),
    "user": lambda user: user.delete(),
    "users": lambda user: get_user_model().objects.filter(pk=user.pk).delete(),
}


@pytest.mark.parametrize("road", ROADS)
def test_avatar_goes_here_and_there(ann, sandbox, make_avatar, road):
    avatar = make_avatar(ann)
    services.activate_avatar(avatar)
    ROADS[road](avatar)
    profile = AvaturnProfile.objects.get()
    assert profile.active_avatar is None
    assert not sandbox.users[profile.avaturn_id].avatars
    row = RemoteDeletion.objects.get()
    assert (row.state, row.done_at is None) == (Job.State.READY, False)


@pytest.mark.parametrize("road", CASCADES)
def test_user_goes_here_and_there(ann, sandbox, make_avatar, road):
    for _ in range(3):
        services.activate_avatar(make_avatar(ann))
    CASCADES[road](ann)
    assert not Avatar.objects.exists()
    assert sandbox.users == {}
    assert sandbox.count("deleteUser") == 1
    assert sandbox.count("deleteUserAvatar") == 0


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something done after Django has collected what to delete, and before it does so."""
    delete, planned = Collector.delete, []

    def late(collector):
        while planned:
            planned.pop()()
        return delete(collector)

    monkeypatch.setattr(Collector, "delete", late)
    return planned.append


@pytest.mark.parametrize("road", CASCADES)
def test_avatar_that_is_added_during_the_deletion_goes_along(
    ann, sandbox, make_avatar, meanwhile, road
):
    avatar = make_avatar(ann)
    meanwhile(lambda: (make_avatar(ann), services.request_files(avatar)))
    CASCADES[road](ann)
    assert not Avatar.objects.exists()
    assert not AvatarFile.objects.exists()
    assert sandbox.users == {}
    assert sandbox.count("deleteUser") == 1
    assert sandbox.count("deleteUserAvatar") == 0


@pytest.mark.parametrize("road", ROADS)
def test_file_that_is_added_during_the_deletion_goes_along(
    ann, sandbox, make_avatar, meanwhile, road
):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    services.get_client().create_export(avatar.pk)
    meanwhile(lambda: services.request_files(avatar))
    ROADS[road](avatar)
    assert sandbox.count("downloadFile") == 1
    assert not AvatarFile.objects.exists()
    assert not list(Path(default_storage.location).rglob("*.glb"))
    assert sandbox.count("deleteUserAvatar") == 1


@pytest.mark.parametrize("road", ["user", "users"])
def test_profile_that_is_made_during_the_deletion_goes_along(ann, sandbox, meanwhile, road):
    meanwhile(lambda: services.get_profile(ann))
    CASCADES[road](ann)
    assert not AvaturnProfile.objects.exists()
    assert not get_user_model().objects.exists()
    assert (sandbox.count("createUser"), sandbox.users) == (1, {})


def test_rolled_back_deletion_deletes_nothing_at_avaturn(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        avatar.delete()
        1 / 0  # noqa: B018
    assert not RemoteDeletion.objects.exists()
    assert sandbox.count("deleteUserAvatar") == 0
    Avatar.objects.get().delete()  # and the next commit does not stumble over what was left
    assert sandbox.count("deleteUserAvatar") == 1


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("road", ["user", "users"])
def test_user_can_be_deleted_on_any_database(any_database, sandbox, make_avatar, road):
    user = get_user_model().objects.create_user("ann")
    services.activate_avatar(make_avatar(user))
    CASCADES[road](user)
    assert not AvaturnProfile.objects.exists()
    assert not get_user_model().objects.exists()
    assert (sandbox.users, sandbox.count("deleteUser")) == ({}, 1)


def test_profile_that_was_never_linked_leaves_nothing_to_do(ann, sandbox):
    AvaturnProfile.objects.create(user=ann).delete()
    assert not RemoteDeletion.objects.exists()


def test_link_made_after_the_row_was_loaded_is_deleted_too(ann, sandbox):
    stale = AvaturnProfile.objects.create(user=ann)
    services.get_profile(ann)
    stale.delete()
    assert sandbox.users == {}


def test_what_fails_stays_due_and_is_done_by_avaturn_process(ann, sandbox, make_avatar, capsys):
    make_avatar(ann)
    sandbox.fail_next("deleteUser", status=500, times=9)
    ann.delete()
    row = RemoteDeletion.objects.get()
    assert (row.state, row.attempts) == (Job.State.PENDING, 1)
    assert "500" in row.error
    assert row.due_at <= timezone.now()
    sandbox.faults.clear()
    call_command("avaturn_process")
    assert sandbox.users == {}
    assert "1 done" in capsys.readouterr().out


def test_gone_already_counts_as_deleted(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    services.get_client().delete_avatar(avatar.profile.avaturn_id, avatar.pk)
    avatar.delete()
    assert RemoteDeletion.objects.get().state == Job.State.READY


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_counts(ann, sandbox, make_avatar, status):
    sandbox.delete_status = status
    make_avatar(ann).delete()
    assert RemoteDeletion.objects.get().state == Job.State.READY


def test_without_token_the_deletion_waits(ann, sandbox, make_avatar, configure):
    avatar = make_avatar(ann)
    configure(API_TOKEN="")
    avatar.delete()
    row = RemoteDeletion.objects.get()
    assert row.state == Job.State.PENDING
    assert "API_TOKEN" in row.error


def test_many_deletions_do_not_wait_for_many_time_outs(ann, sandbox, make_avatar):
    for _ in range(5):
        make_avatar(ann)
    sandbox.fail_next("deleteUserAvatar", drop=True, times=99)
    Avatar.objects.all().delete()
    assert sandbox.count("deleteUserAvatar") == 2  # one row, and its one retry
    assert RemoteDeletion.objects.filter(state=Job.State.PENDING).count() == 5


def test_row_that_fails_for_good_stays_visible(ann, sandbox, make_avatar, monkeypatch, capsys):
    impatient = replace(jobs.HANDLERS[RemoteDeletion], max_attempts=2)
    monkeypatch.setitem(jobs.HANDLERS, RemoteDeletion, impatient)
    sandbox.fail_next("deleteUserAvatar", status=403, times=2)
    make_avatar(ann).delete()
    with pytest.raises(CommandError, match="failed for good"):
        call_command("avaturn_process")
    row = RemoteDeletion.objects.get()
    assert (row.state, row.attempts) == (Job.State.FAILED, 2)
    call_command("avaturn_process", "--retry-failed")
    assert RemoteDeletion.objects.get().state == Job.State.READY
