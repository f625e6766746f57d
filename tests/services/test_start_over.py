"""A new remote user in place of the one before: at once, whole, and nobody left over."""

from __future__ import annotations

import pytest

from django_avaturn import services
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, RemoteDeletion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stored(ann, sandbox):
    """Ann's avatar, active, with its model in the storage."""
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.record_export(ann, avatar_id, {})
    model = AvatarFile.objects.get(avatar=avatar_id, kind="model")
    if model.state != "ready":
        from django_avaturn import jobs

        jobs.run_due(AvatarFile)
        model.refresh_from_db()
    assert model.file
    return model


def test_the_former_remote_user_goes_with_avatars_and_files(ann, sandbox, stored):
    former = AvaturnProfile.objects.get().avaturn_id
    storage, name = stored.file.storage, stored.file.name
    session = services.open_session(ann, start_over=True)
    profile = AvaturnProfile.objects.get()
    assert session.type == "create_or_edit_existing"
    assert profile.avaturn_id not in (None, former)
    assert profile.active_avatar is None
    assert sandbox.users.keys() == {profile.avaturn_id}
    assert not Avatar.objects.exists()
    assert not storage.exists(name)
    deletion = RemoteDeletion.objects.get()  # one for all of it, not one for each avatar
    assert (deletion.avaturn_id, deletion.avatar_id, deletion.state) == (former, None, "ready")
    calls = ["createUser", "createSession", "deleteUser"]
    assert [sandbox.count(name) for name in calls] == [2, 1, 1]


def test_kept_avatars_go_on_belonging_to_the_former_remote_user(ann, sandbox, stored, configure):
    configure(KEEP_FORMER=True)
    former = AvaturnProfile.objects.get().avaturn_id
    kept = Avatar.objects.get()
    services.open_session(ann, start_over=True)
    profile = AvaturnProfile.objects.get()
    assert profile.avaturn_id != former
    assert sandbox.users.keys() == {former, profile.avaturn_id}
    assert (profile.active_avatar, kept.avaturn_id) == (kept, former)
    fresh = sandbox.add_avatar(profile.avaturn_id)
    services.record_export(ann, fresh, {})
    assert services.open_session(ann, avatar_id=kept.pk).type == "edit_existing"
    services.record_export(ann, kept.pk, {"body_id": "body_2"})  # is still Ann's to edit
    assert Avatar.objects.filter(gone_at=None).count() == 2
    services.sync_profile(profile)
    assert Avatar.objects.filter(gone_at=None).count() == 2


def test_a_former_remote_user_goes_with_the_last_of_its_avatars(ann, sandbox, stored, configure):
    configure(KEEP_FORMER=True)
    former = AvaturnProfile.objects.get().avaturn_id
    sandbox.add_avatar(former)
    services.sync_profile(AvaturnProfile.objects.get())
    services.start_over(ann)
    first, last = Avatar.objects.all()
    services.delete_avatar(first)
    assert former in sandbox.users
    services.delete_avatar(last)
    assert former not in sandbox.users


def test_erasing_reaches_former_remote_users(ann, sandbox, stored, configure):
    configure(KEEP_FORMER=True)
    services.start_over(ann)
    assert len(sandbox.users) == 2
    ann.delete()
    assert sandbox.users == {}
    assert RemoteDeletion.objects.filter(avatar_id=None, state="ready").count() == 2


def test_a_first_time_makes_one_remote_user_only(ann, sandbox):
    services.open_session(ann, start_over=True)
    assert sandbox.count("createUser") == 1
    assert not RemoteDeletion.objects.exists()


def test_avaturn_down_changes_nothing(ann, sandbox, stored):
    former = AvaturnProfile.objects.get().avaturn_id
    sandbox.fail_next("createUser", status=500)
    with pytest.raises(AvaturnUnavailable):
        services.open_session(ann, start_over=True)
    assert AvaturnProfile.objects.get().avaturn_id == former
    assert Avatar.objects.get().active
    assert not RemoteDeletion.objects.exists()


def test_a_deletion_that_fails_is_due_and_its_avatars_never_come_back(ann, sandbox, stored):
    former = AvaturnProfile.objects.get().avaturn_id
    listed = services.get_client().list_avatars(former)
    sandbox.fail_next("deleteUser", times=9, status=500)
    services.start_over(ann)
    assert former in sandbox.users
    assert RemoteDeletion.objects.get().state == "pending"
    from django_avaturn.services.avatars import mirror

    profile = AvaturnProfile.objects.get()
    mirror(profile, former, listed, profile.created_at)  # a sync that was under way
    assert not Avatar.objects.exists()


@pytest.mark.parametrize("type", [None, "create", "create_or_edit_existing"])
def test_always(ann, sandbox, configure, type):
    configure(ALWAYS_START_OVER=True)
    for _ in range(3):
        services.open_session(ann, type=type)
    assert sandbox.count("createUser") == 3
    assert sandbox.users.keys() == {AvaturnProfile.objects.get().avaturn_id}


def test_always_can_be_declined(as_ann, sandbox, configure):
    """As the page does for a link that has run out: the avatar of a minute ago must not go."""
    configure(ALWAYS_START_OVER=True)
    for told in ({}, {"start_over": False}, {"start_over": False}):
        as_ann.post("/avatar/sessions/", told, content_type="application/json")
    assert sandbox.count("createUser") == 1


def test_always_is_not_for_editing(ann, sandbox, configure, stored):
    configure(ALWAYS_START_OVER=True)
    services.open_session(ann, avatar_id=Avatar.objects.get().pk)
    assert Avatar.objects.exists()
    assert sandbox.count("createUser") == 1


def test_with_an_avatar_it_makes_no_sense(ann, sandbox, stored):
    with pytest.raises(ValueError, match="starts over"):
        services.open_session(ann, avatar_id=Avatar.objects.get().pk, start_over=True)
    with pytest.raises(ValueError, match="starts over"):
        services.open_session(ann, type="edit_existing", start_over=True)


def test_by_rest(as_ann, ann, sandbox, stored):
    former = AvaturnProfile.objects.get().avaturn_id
    own = str(Avatar.objects.get().pk)
    both = {"start_over": True, "avatar_id": own}
    answer = as_ann.post("/avatar/sessions/", both, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"].keys()) == (400, {"start_over"})
    assert former in sandbox.users
    answer = as_ann.post("/avatar/sessions/", {"start_over": True}, content_type="application/json")
    assert answer.status_code == 201
    assert former not in sandbox.users
