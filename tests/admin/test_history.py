"""The admin's history: every action is in it, in one query however many rows were chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_avaturn import services
from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    RemoteDeletion,
    WebhookEvent,
)

from .conftest import BASE, messages
from .test_lists import fill

ACTIONS = [
    ("avatar", "make_active", "Made active."),
    ("avatar", "fetch_again", "Asked for its files again."),
    ("avatar", "new_portrait", "Asked for a new portrait."),
    ("avaturnprofile", "sync_now", "Synced with Avaturn."),
    ("avatarfile", "try_now", "Asked for another try."),
    ("remotedeletion", "try_now", "Asked for another try."),
    ("filedeletion", "try_now", "Asked for another try."),
    ("webhookevent", "process_again", "Asked to have it processed again."),
]
MODELS = {
    model._meta.model_name: model
    for model in (
        Avatar, AvaturnProfile, AvatarFile, RemoteDeletion, FileDeletion, WebhookEvent,
    )
}  # fmt: skip


@pytest.fixture
def rows(members, remote_avatar):
    """Three rows of everything; each could be worked on."""
    later = {"due_at": timezone.now() + timedelta(hours=1), "attempts": 1}
    for number, profile in enumerate(members(3)):
        remote_avatar(profile)
        services.sync_profile(profile)
        avatar = profile.avatars.get()
        AvatarFile.objects.create(avatar=avatar, kind="model", **later)
        RemoteDeletion.objects.create(avaturn_id=f"GONE{number}", **later)
        FileDeletion.objects.create(name=f"avaturn/{number}", **later)
        WebhookEvent.objects.create(event="other", digest=str(number), **later)
    return lambda model: list(MODELS[model].objects.order_by("pk"))


def writes(queries) -> int:
    """How often something was added to the history."""
    return sum("INSERT INTO" in one["sql"] and "admin_log" in one["sql"] for one in queries)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("model", "action", "told"), ACTIONS)
def test_action_on_many_rows(press, rows, model, action, told):
    chosen = rows(model)
    keys = [str(row.pk) for row in chosen]
    with CaptureQueriesContext(connection) as queries:
        press(model, action, *chosen)
    assert writes(queries) == 1
    entries = LogEntry.objects.order_by("object_id")
    assert [entry.object_id for entry in entries] == sorted(keys)
    assert {(entry.action_flag, entry.change_message) for entry in entries} == {(CHANGE, told)}
    assert {entry.content_type.model for entry in entries} == {model}


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "avatarfile", "webhookevent"])
def test_deletion_of_many_rows(boss, rows, model):
    chosen = rows(model)
    data = {"action": "delete_selected", "post": "yes"}
    data["_selected_action"] = [str(row.pk) for row in chosen]
    with CaptureQueriesContext(connection) as queries:
        boss.post(f"{BASE}{model}/", data)
    assert writes(queries) == 1
    assert not MODELS[model].objects.exists()
    entries = LogEntry.objects.filter(action_flag=DELETION)
    assert {entry.object_id for entry in entries} == {str(row.pk) for row in chosen}


def test_erasing_one_user(boss, rows):
    profile = AvaturnProfile.objects.first()
    boss.post(f"{BASE}avaturnprofile/{profile.pk}/delete/", {"post": "yes"})
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_id) == (DELETION, str(profile.pk))


def test_choosing_the_active_avatar_in_the_form(boss, rows):
    avatar = Avatar.objects.first()
    form = {"avatars-TOTAL_FORMS": 1, "avatars-INITIAL_FORMS": 1, "avatars-0-id": avatar.pk}
    form |= {"avatars-0-profile": avatar.profile_id, "active_avatar": avatar.pk}
    boss.post(f"{BASE}avaturnprofile/{avatar.profile_id}/change/", form)
    assert "Active avatar" in LogEntry.objects.get().get_change_message()


def test_sync_that_ends_early_is_logged_for_those_it_reached(press, rows):
    profiles = rows("avaturnprofile")
    AvaturnProfile.objects.filter(pk=profiles[1].pk).update(avaturn_id="GONE")
    assert "Not synced" in messages(press("avaturnprofile", "sync_now", *profiles))[1]
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(profiles[2].pk)]


@pytest.mark.parametrize(("action", "service"), [
    ("make_active", "activate_avatar"), ("fetch_again", "request_files"),
])  # fmt: skip
def test_avatar_that_is_deleted_at_that_moment_is_told_of_and_holds_up_no_other(
    press, db, monkeypatch, action, service
):
    for number in range(2):
        fill(number)
    original = getattr(services, service)
    going = Avatar.objects.first()

    def meanwhile(avatar):
        if avatar == going:
            Avatar.objects.filter(pk=avatar.pk).delete()
        return original(avatar)

    monkeypatch.setattr(services, service, meanwhile)
    rows = list(Avatar.objects.all())
    told = messages(press("avatar", action, *rows))
    assert "The avatar has been deleted." in told
    (left,) = [row for row in rows if row != going]
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(left.pk)]
