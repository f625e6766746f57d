"""The user whose remote user is gone from Avaturn is not stuck."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_avaturn import services
from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import AvaturnNotFound
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion
from tests.databases import AVAILABLE
from tests.photographs import photo
from tests.races.race import at_once
from tests.scanner import ours

pytestmark = pytest.mark.django_db(transaction=True)
everywhere = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture
def gone(ann, make_avatar, sandbox, members):
    """Ann's avatar, whose remote user is gone; Avaturn knows another user of the site."""
    members(1)
    avatar = make_avatar(ann)
    services.get_client().delete_user(avatar.avaturn_id)
    sandbox.calls.clear()
    return avatar


def test_the_next_session_makes_a_new_remote_user(ann, gone, sandbox):
    assert services.open_session(ann).url
    profile = AvaturnProfile.objects.get(user=ann)
    assert profile.avaturn_id in sandbox.users
    gone.refresh_from_db()
    assert (gone.avaturn_id != profile.avaturn_id, gone.gone_at is None) == (True, False)
    assert [call.operation for call in sandbox.calls] == [
        "createSession",
        "listUserAvatars",  # Ann's, to make sure
        "listUserAvatars",  # somebody else's
        "createUser",
        "createSession",
    ]
    sandbox.calls.clear()
    services.open_session(ann)
    assert len(sandbox.calls) == 1


def test_by_rest(as_ann, gone):
    assert as_ann.post("/avatar/sessions/").status_code == 201


def test_photos(ann, gone, sandbox):
    views = ("frontal", "side_1", "side_2")
    photos = {view: BytesIO(photo(n)) for n, view in enumerate(views)}
    avatar = services.create_avatar(ann, **photos, body_type="female")
    profile = AvaturnProfile.objects.get(user=ann)
    assert avatar.avaturn_id == profile.avaturn_id
    assert profile.avaturn_id in sandbox.users


def test_the_gone_avatar_itself_cannot_be_edited(as_ann, gone):
    told = {"avatar_id": str(gone.pk)}
    answer = as_ann.post("/avatar/sessions/", told, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (410, "avatar_gone")
    assert AvaturnProfile.objects.get(user=gone.profile.user).avaturn_id == gone.avaturn_id


def test_a_404_for_something_else_changes_nothing(ann, members, sandbox):
    members(1)
    known = services.get_profile(ann).avaturn_id
    sandbox.fail_next("createSession", status=404)
    with pytest.raises(AvaturnNotFound):
        services.open_session(ann)
    assert services.get_profile(ann).avaturn_id == known


def test_starting_over_works_as_well(ann, gone, sandbox):
    services.open_session(ann, start_over=True)
    assert not Avatar.objects.filter(profile__user=ann).exists()
    assert RemoteDeletion.objects.get().done_at


def test_with_another_projects_token_the_link_stays(ann, members, sandbox, other_project, caplog):
    members(5)
    remote_id = services.get_profile(ann).avaturn_id
    with other_project() as other:
        with pytest.raises(AvaturnNotFound):
            services.open_session(ann)
        assert [call.operation for call in other.calls] == [
            "createSession",
            *4 * ["listUserAvatars"],
        ]
    text = ours(caplog)
    assert "start_over" in text
    assert "--relink --forget-unknown" in text
    assert remote_id not in text
    assert services.get_profile(ann).avaturn_id == remote_id
    assert services.open_session(ann).url


def test_in_a_sandbox_that_has_lost_its_state_one_can_start_over(as_ann, ann, members, sandbox):
    members(3)
    services.get_profile(ann)
    sandbox.state.clear()
    answer = as_ann.post("/avatar/sessions/")
    assert (answer.status_code, answer.json()["code"]) == (410, "avatar_gone")
    told = {"start_over": True}
    answer = as_ann.post("/avatar/sessions/", told, content_type="application/json")
    assert answer.status_code == 201
    assert as_ann.post("/avatar/sessions/").status_code == 201


def test_without_anybody_else_nothing_is_taken_for_gone(ann, sandbox):
    remote_id = services.get_profile(ann).avaturn_id
    sandbox.state.clear()
    with pytest.raises(AvaturnNotFound):
        services.open_session(ann)
    assert services.get_profile(ann).avaturn_id == remote_id


def test_who_is_erased_meanwhile_does_not_come_back(ann, gone, monkeypatch):
    real = AvaturnClient.create_session

    def erased_meanwhile(client, user_id, config=None):
        services.erase(ann)
        return real(client, user_id, config)

    monkeypatch.setattr(AvaturnClient, "create_session", erased_meanwhile)
    with pytest.raises(AvaturnNotFound):
        services.open_session(ann)
    assert not AvaturnProfile.objects.filter(user=ann).exists()


@everywhere
def test_eight_sessions_at_once_make_one_new_remote_user(any_database, sandbox, members):
    other, profile = members(2)
    ann = profile.user
    services.get_client().delete_user(profile.avaturn_id)
    browsers = []
    for _ in range(8):
        browsers.append(Client())
        browsers[-1].force_login(ann)
    codes = at_once(8, lambda n: browsers[n].post("/avatar/sessions/").status_code)
    assert codes == [201] * 8
    assert sandbox.users.keys() == {
        other.avaturn_id,
        AvaturnProfile.objects.get(pk=profile.pk).avaturn_id,
    }


@everywhere
def test_relinking_against_starting_over_and_erasing(any_database, sandbox, members):
    for turn in range(5):
        (profile,) = members(1, f"turn{turn}-")
        services.get_client().delete_user(profile.avaturn_id)
        stale = [AvaturnProfile.objects.get(pk=profile.pk) for _ in range(2)]
        user = get_user_model().objects.get(pk=profile.user_id)

        def race(n, stale=stale, user=user):
            if n < 2:
                services.relink(stale[n])
            elif n == 2:
                services.start_over(user)
            else:
                services.get_profile(user)

        at_once(4, race)
        assert AvaturnProfile.objects.get(pk=profile.pk).avaturn_id in sandbox.users
    left = set(AvaturnProfile.objects.values_list("avaturn_id", flat=True))
    assert sandbox.users.keys() == left
