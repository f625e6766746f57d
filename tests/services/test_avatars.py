"""Avatars here, kept in step with those at Avaturn."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from django_avaturn import services, signals
from django_avaturn.exceptions import AvaturnError, AvaturnUnavailable
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion
from django_avaturn.services import SyncResult


@pytest.fixture
def profile(ann, sandbox):
    return services.get_profile(ann)


def test_sync_adds_what_is_new(profile, sandbox, remote_avatar):
    ids = {remote_avatar(profile), remote_avatar(profile)}
    assert services.sync_profile(profile) == SyncResult(added=2)
    assert {avatar.pk for avatar in profile.avatars.all()} == ids
    assert services.sync_profile(profile) == SyncResult()
    profile.refresh_from_db()
    assert profile.synced_at


def test_sync_follows_the_status(profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    services.sync_profile(profile)
    Avatar.objects.update(status="processing")
    assert services.sync_profile(profile) == SyncResult(changed=1)
    assert Avatar.objects.get(pk=avatar_id).status == "pending"


def test_status_that_nobody_has_seen_yet_is_kept(profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    body = b'[{"id": "%s", "status": "being_dreamt_of"}]' % str(avatar_id).encode()
    sandbox.fail_next("listUserAvatars", status=200, body=body)
    services.sync_profile(profile)
    assert Avatar.objects.get().status == "being_dreamt_of"


def test_sync_marks_what_is_gone_and_keeps_the_row(profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    services.sync_profile(profile)
    services.get_client().delete_avatar(profile.avaturn_id, avatar_id)
    assert services.sync_profile(profile) == SyncResult(gone=1)
    assert Avatar.objects.get(pk=avatar_id).gone_at
    assert services.sync_profile(profile) == SyncResult()


def test_avatar_that_turns_up_again_is_no_longer_gone(profile, sandbox, remote_avatar):
    remote_avatar(profile)
    services.sync_profile(profile)
    Avatar.objects.update(gone_at=timezone.now())
    assert services.sync_profile(profile) == SyncResult(changed=1)
    assert Avatar.objects.get().gone_at is None


def test_sync_never_brings_back_what_waits_to_be_deleted(profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    RemoteDeletion.objects.create(avaturn_id=profile.avaturn_id, avatar_id=avatar_id)
    assert services.sync_profile(profile) == SyncResult()
    assert not Avatar.objects.exists()


def test_sync_brings_back_nothing_of_a_user_that_waits_to_be_deleted(
    profile, sandbox, remote_avatar
):
    remote_avatar(profile)
    RemoteDeletion.objects.create(avaturn_id=profile.avaturn_id)
    services.sync_profile(profile)
    assert not Avatar.objects.exists()


def test_list_older_than_a_deletion_does_not_undo_it(profile, sandbox, remote_avatar, monkeypatch):
    """Deleted, at Avaturn too, between the list's making and its writing down."""
    avatar_id = remote_avatar(profile)
    listed = services.get_client().list_avatars(profile.avaturn_id, include_not_ready=True)

    def deleted_meanwhile(client, *args, **kwargs):
        RemoteDeletion.objects.create(
            avaturn_id=profile.avaturn_id, avatar_id=avatar_id, done_at=timezone.now()
        )
        return listed

    monkeypatch.setattr("django_avaturn.client.AvaturnClient.list_avatars", deleted_meanwhile)
    services.sync_profile(profile)
    assert not Avatar.objects.exists()


def test_list_older_than_an_avatar_does_not_mark_it_gone(
    profile, sandbox, remote_avatar, monkeypatch
):
    def recorded_meanwhile(client, *args, **kwargs):
        Avatar.objects.create(profile=profile)
        return []

    monkeypatch.setattr("django_avaturn.client.AvaturnClient.list_avatars", recorded_meanwhile)
    assert services.sync_profile(profile) == SyncResult()


def test_sync_costs_the_same_for_one_avatar_and_for_twenty(
    profile, sandbox, remote_avatar, django_assert_max_num_queries
):
    for number in (1, 20):
        for _ in range(number):
            remote_avatar(profile)
        sandbox.calls.clear()
        with django_assert_max_num_queries(9):  # savepoints included
            services.sync_profile(profile)
        assert sandbox.count("listUserAvatars") == len(sandbox.calls) == 1


def test_sync_where_nothing_has_changed_is_two_queries(
    profile, sandbox, remote_avatar, django_assert_num_queries
):
    for _ in range(3):
        remote_avatar(profile)
    services.sync_profile(profile)
    profile.refresh_from_db()
    before = profile.synced_at
    with django_assert_num_queries(2):
        assert services.sync_profile(profile) == SyncResult()
    profile.refresh_from_db()
    assert profile.synced_at > before


def test_one_whom_avaturn_does_not_know_holds_up_nobody(ann, bob, sandbox, make_avatar):
    first, second = make_avatar(ann), make_avatar(bob)
    services.get_client().delete_user(first.avaturn_id)
    sandbox.set_status(str(second.pk), "ready")
    AvaturnProfile.objects.update(synced_at=None)
    assert services.follow_all() == 2
    second.refresh_from_db()
    assert second.status == "ready"


@pytest.mark.parametrize("status", [422, 500])
def test_one_about_whom_there_is_no_answer_holds_up_nobody(ann, bob, sandbox, make_avatar, status):
    make_avatar(ann)
    second = make_avatar(bob)
    sandbox.set_status(str(second.pk), "ready")
    AvaturnProfile.objects.update(synced_at=None)
    sandbox.fail_next("listUserAvatars", status=status)
    assert services.follow_all() == 2
    second.refresh_from_db()
    assert second.status == "ready"


@pytest.mark.parametrize(("fault", "calls"), [({"status": 500}, 3), ({"retry_after": "9"}, 1)])
def test_following_ends_when_nobody_is_answered(db, members, sandbox, fault, calls):
    for profile in members(5):
        Avatar.objects.create(profile=profile, avaturn_id=profile.avaturn_id, status="processing")
    AvaturnProfile.objects.update(synced_at=None)
    sandbox.fail_next("listUserAvatars", **{"status": 429, **fault}, times=99)
    with pytest.raises(AvaturnError):
        services.follow_all()
    assert sandbox.count("listUserAvatars") == calls


def test_sync_without_a_remote_user_asks_nobody(ann, sandbox):
    profile = AvaturnProfile.objects.create(user=ann)
    assert services.sync_profile(profile) == SyncResult()
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
def test_export_is_confirmed_recorded_and_made_active(ann, profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    heard = []

    def hear(**kwargs):  # Django holds it weakly: it is gone with this test
        heard.append(kwargs)

    signals.avatar_exported.connect(hear)
    told = {"gender": "female", "body_id": "body_0", "supports_face_animations": True}
    sandbox.calls.clear()
    avatar = services.record_export(ann, avatar_id, told)
    assert sandbox.count("listUserAvatars") == 1
    avatar.refresh_from_db()
    assert (avatar.gender, avatar.body_id, avatar.supports_face_animations) == tuple(told.values())
    assert avatar.active
    assert [(one["avatar"].pk, one["user"]) for one in heard] == [(avatar_id, ann)]


def test_the_same_export_again_changes_nothing(ann, profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    for _ in range(2):
        services.record_export(ann, avatar_id, {"gender": "male"})
    assert Avatar.objects.count() == 1


def test_latest_export_is_the_active_one(ann, profile, sandbox, remote_avatar):
    first, second = remote_avatar(profile), remote_avatar(profile)
    for avatar_id in (first, second, first):
        services.record_export(ann, avatar_id, {})
        profile.refresh_from_db()
        assert profile.active_avatar_id == avatar_id


def test_export_that_avaturn_does_not_confirm_changes_nothing(ann, profile, sandbox):
    with pytest.raises(Avatar.DoesNotExist):
        services.record_export(ann, uuid4(), {})
    assert not Avatar.objects.exists()


def test_export_of_somebody_elses_avatar_is_refused_without_a_call(
    ann, bob, profile, sandbox, make_avatar
):
    theirs = make_avatar(bob)
    sandbox.calls.clear()
    with pytest.raises(Avatar.DoesNotExist):
        services.record_export(ann, theirs.pk, {"gender": "male"})
    assert not sandbox.calls
    theirs.refresh_from_db()
    assert theirs.gender == ""


def test_export_of_somebody_elses_avatar_that_is_unknown_here(
    ann, bob, profile, sandbox, remote_avatar
):
    theirs = remote_avatar(services.get_profile(bob))
    with pytest.raises(Avatar.DoesNotExist):
        services.record_export(ann, theirs, {})
    assert not Avatar.objects.exists()


def test_export_before_any_session_asks_nobody(ann, sandbox):
    with pytest.raises(Avatar.DoesNotExist):
        services.record_export(ann, uuid4(), {})
    assert not sandbox.calls


def test_export_of_a_deleted_avatar_does_not_bring_it_back(ann, profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    RemoteDeletion.objects.create(avaturn_id=profile.avaturn_id, avatar_id=avatar_id)
    with pytest.raises(Avatar.DoesNotExist):
        services.record_export(ann, avatar_id, {})


def test_export_while_avaturn_is_down_can_be_announced_again(ann, profile, sandbox, remote_avatar):
    avatar_id = remote_avatar(profile)
    sandbox.fail_next("listUserAvatars", status=500)
    with pytest.raises(AvaturnUnavailable):
        services.record_export(ann, avatar_id, {})
    assert services.record_export(ann, avatar_id, {}).active


def test_deleted_avatar_cannot_be_made_active(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    Avatar.objects.filter(pk=avatar.pk).delete()
    with pytest.raises(Avatar.DoesNotExist):
        services.activate_avatar(avatar)
