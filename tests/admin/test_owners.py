"""Visitors' avatars, and those that Avaturn has not confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Guest, RemoteDeletion

from .conftest import BASE, messages

UNCONFIRMED = "is not confirmed by Avaturn"


@pytest.fixture
def visitors_avatar(sandbox, make_avatar) -> Avatar:
    """Made by somebody without an account."""
    return make_avatar(Guest("a-secret"))


@pytest.fixture
def unconfirmed(db, ann) -> Avatar:
    """As Ann's browser has brought it on the plan without API."""
    profile = AvaturnProfile.objects.create(user=ann)
    return Avatar.objects.create(profile=profile, status="ready")


@pytest.fixture(autouse=True)
def guests(sandbox, configure):
    configure(ALLOW_GUESTS=True)


def page_of(row: Any, page: str = "change") -> str:
    return f"{BASE}{row._meta.model_name}/{row.pk}/{page}/"


def found(client, model: str, query: str) -> list[Any]:
    """What a list shows."""
    return list(client.get(f"{BASE}{model}/?{query}").context["cl"].result_list)


def delete_question(client, row: Any) -> str:
    """What staff read before they delete one row."""
    return client.get(page_of(row, "delete")).text


def delete_questions(client, *rows: Any) -> str:
    """What staff read before they delete chosen rows."""
    chosen = [str(row.pk) for row in rows]
    data = {"action": "delete_selected", "_selected_action": chosen}
    return client.post(f"{BASE}{rows[0]._meta.model_name}/", data).text


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "avatarfile"])
def test_visitors_are_listed_as_such_in_any_order(boss, visitors_avatar, make_avatar, ann, model):
    for avatar in (visitors_avatar, make_avatar(ann)):
        AvatarFile.objects.create(avatar=avatar, kind="model")
    for query in ("", "?o=2", "?o=1"):
        response = boss.get(f"{BASE}{model}/{query}")
        assert response.context["cl"].result_count == 2
        assert response.text.count("a visitor<") == 1
        assert ">None<" not in response.text


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile"])
def test_filter_by_owner(boss, visitors_avatar, make_avatar, ann, model):
    own = make_avatar(ann)
    rows = {"user": own, "visitor": visitors_avatar}
    for kind, avatar in rows.items():
        expected = avatar if model == "avatar" else avatar.profile
        assert found(boss, model, f"owner={kind}") == [expected]


def test_search_for_a_user_still_finds_no_visitor(boss, visitors_avatar, make_avatar, ann):
    own = make_avatar(ann)
    assert found(boss, "avatar", "q=ann") == [own]
    assert found(boss, "avatar", f"q={visitors_avatar.pk}") == [visitors_avatar]


def test_filter_by_confirmation_and_by_face(boss, unconfirmed, make_avatar, bob):
    confirmed = make_avatar(bob)
    Avatar.objects.filter(pk=confirmed.pk).update(supports_face_animations=True)
    assert found(boss, "avatar", "confirmed=no") == [unconfirmed]
    assert found(boss, "avatar", "confirmed=yes") == [confirmed]
    assert found(boss, "avatar", "supports_face_animations__exact=1") == [confirmed]
    assert found(boss, "avatar", "supports_face_animations__exact=0") == []


def test_pages_of_a_visitor(boss, visitors_avatar, store):
    model, portrait = store(visitors_avatar)
    page = boss.get(page_of(visitors_avatar)).text
    viewer = page.partition("<avaturn-viewer")[2].partition("</avaturn-viewer>")[0]
    assert model.file.url in viewer and portrait.file.url in viewer
    assert 'alt="Portrait of a visitor"' in page
    profile = visitors_avatar.profile
    page = boss.get(page_of(profile)).text
    assert "a visitor" in page and profile.avaturn_id in page
    assert Guest("a-secret").digest not in page
    assert "a visitor" in boss.get(page_of(model)).text


@pytest.mark.django_db(transaction=True)
def test_what_is_done_to_a_visitors_avatar_is_done(boss, press, visitors_avatar, sandbox):
    profile = visitors_avatar.profile
    assert "a visitor: 0 added" in messages(boss.post(page_of(profile, "sync"), follow=True))[0]
    press("avatar", "make_active", visitors_avatar)
    assert Avatar.objects.get().active
    boss.post(page_of(visitors_avatar, "fetch"))
    assert sandbox.count("createExport") == 1
    boss.post(page_of(profile, "delete"), {"post": "yes"})
    assert not Avatar.objects.exists()
    assert sandbox.users == {}


def test_profile_page_links_to_a_user_and_names_former_ids(boss, make_avatar, ann):
    avatar = make_avatar(ann)
    page = boss.get(page_of(avatar.profile)).text
    assert f"/admin/auth/user/{ann.pk}/change/" in page
    for number in (1, 2):
        Avatar.objects.create(profile=avatar.profile, avaturn_id=f"FORMER{number}")
    page = boss.get(page_of(avatar.profile)).text
    assert "FORMER1, FORMER2" in page
    assert avatar.profile.avaturn_id in page
    assert f"{avatar.profile.avaturn_id}, " not in page


def test_page_of_an_unconfirmed_avatar_explains_why_nothing_can_be_fetched(boss, unconfirmed):
    page = boss.get(page_of(unconfirmed)).text
    assert "Avaturn has not confirmed this avatar" in page
    assert "The model did not arrive." in page
    assert "avaturn-button" not in page


def test_page_of_a_confirmed_avatar_does_not(boss, make_avatar, ann):
    page = boss.get(page_of(make_avatar(ann))).text
    assert "has not confirmed" not in page and "avaturn-button" in page


@pytest.mark.parametrize("action", ["fetch_again", "new_portrait"])
def test_nothing_is_fetched_for_unconfirmed_ones(
    press, unconfirmed, make_avatar, bob, sandbox, action
):
    other = make_avatar(bob)
    told = messages(press("avatar", action, unconfirmed, other))
    assert told[0].startswith(f"1 {UNCONFIRMED}")
    assert {file.avatar_id for file in AvatarFile.objects.all()} == {other.pk}
    Avatar.objects.filter(pk=unconfirmed.pk).update(gone_at=other.created_at)
    told = messages(press("avatar", action, unconfirmed))
    assert told[0] == "1 is gone from Avaturn." and UNCONFIRMED not in "".join(told)


def test_deleting_says_what_goes_where(boss, unconfirmed, make_avatar, bob):
    other = make_avatar(bob)
    confirmed = delete_question(boss, other)
    assert "and at Avaturn" in confirmed and "not confirmed" not in confirmed
    here = delete_question(boss, unconfirmed)
    assert "only here" in here and f"1 avatar {UNCONFIRMED}" in here
    assert "and at Avaturn" not in here
    both = delete_questions(boss, unconfirmed, other)
    assert "and at Avaturn" in both and f"1 avatar {UNCONFIRMED}" in both
    assert f"1 avatar {UNCONFIRMED}" in delete_questions(boss, unconfirmed)


def test_deleting_profiles_says_what_goes_where(boss, unconfirmed, make_avatar, bob):
    other = make_avatar(bob)
    Avatar.objects.create(profile=unconfirmed.profile)
    here = delete_question(boss, unconfirmed.profile)
    assert "only here" in here and "2 avatars are not confirmed by Avaturn" in here
    both = delete_questions(boss, unconfirmed.profile, other.profile)
    assert "and at Avaturn" in both and "2 avatars are not confirmed by Avaturn" in both
    Avatar.objects.filter(pk=unconfirmed.pk).update(avaturn_id="FORMER")
    assert "and at Avaturn" in delete_question(boss, unconfirmed.profile)
    assert "and at Avaturn" in delete_question(boss, other.profile)


def test_deleting_an_unconfirmed_avatar_asks_nobody(boss, unconfirmed, sandbox):
    boss.post(page_of(unconfirmed, "delete"), {"post": "yes"})
    assert not Avatar.objects.exists()
    assert not RemoteDeletion.objects.exists()
    assert not sandbox.calls
