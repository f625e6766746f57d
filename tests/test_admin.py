"""The admin: lists that ask nobody, deletion here and there, "Sync now"."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion

BASE = "/admin/django_avaturn/"


@pytest.fixture
def boss(client, db):
    """A superuser's browser."""
    client.force_login(get_user_model().objects.create_superuser("boss", password="secret"))
    return client


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "remotedeletion"])
def test_lists_ask_nobody_and_cost_the_same_for_one_row_and_for_many(
    boss, sandbox, make_avatar, ann, django_assert_num_queries, model
):
    make_avatar(ann).delete()
    make_avatar(ann)
    for number in range(2):
        for other in range(number * 20):
            user = get_user_model().objects.create_user(f"user{other}")
            profile = AvaturnProfile.objects.create(user=user, avaturn_id=f"REMOTE{other}")
            Avatar.objects.create(profile=profile)
            RemoteDeletion.objects.create(avaturn_id=f"GONE{other}")
        sandbox.calls.clear()
        with django_assert_num_queries(4):  # session, user, count, rows
            response = boss.get(f"{BASE}{model}/")
        assert response.status_code == 200
        assert not sandbox.calls


@pytest.mark.parametrize(
    ("model", "query", "hits"),
    [
        ("avatar", "ann", 1),
        ("avatar", "ann@example", 1),
        ("avatar", "nobody", 0),
        ("avatar", "{avatar}", 1),
        ("avaturnprofile", "ann", 1),
        ("avaturnprofile", "{remote}", 1),
        ("avaturnprofile", "{avatar}", 1),
        ("remotedeletion", "GONE", 1),
        ("remotedeletion", "{avatar}", 0),
    ],
)
def test_search(boss, sandbox, make_avatar, ann, bob, model, query, hits):
    avatar = make_avatar(ann)
    make_avatar(bob)
    RemoteDeletion.objects.create(avaturn_id="GONE")
    query = query.format(avatar=avatar.pk, remote=avatar.profile.avaturn_id)
    response = boss.get(f"{BASE}{model}/", {"q": query})
    assert response.context["cl"].result_count == hits


@pytest.mark.parametrize("query", ["status__exact=ready", "gender__exact=female"])
def test_filters(boss, sandbox, make_avatar, ann, query):
    make_avatar(ann)
    response = boss.get(f"{BASE}avatar/?{query}", follow=True)
    assert response.status_code == 200
    assert response.context["cl"].result_count == 0
    assert boss.get(f"{BASE}avatar/?status__exact=pending").context["cl"].result_count == 1


@pytest.mark.django_db(transaction=True)
def test_delete_one_says_so_and_reaches_avaturn(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    path = f"{BASE}avatar/{avatar.pk}/delete/"
    assert "and at Avaturn" in boss.get(path).text
    assert sandbox.count("deleteUserAvatar") == 0
    boss.post(path, {"post": "yes"})
    assert not Avatar.objects.exists()
    assert not sandbox.users[avatar.profile.avaturn_id].avatars


@pytest.mark.django_db(transaction=True)
def test_delete_many_says_so_and_reaches_avaturn(boss, sandbox, make_avatar, ann, bob):
    ids = [make_avatar(ann).pk, make_avatar(ann).pk, make_avatar(bob).pk]
    data = {"action": "delete_selected", "_selected_action": [str(pk) for pk in ids[1:]]}
    assert "and at Avaturn" in boss.post(f"{BASE}avatar/", data).text
    boss.post(f"{BASE}avatar/", {**data, "post": "yes"})
    assert [avatar.pk for avatar in Avatar.objects.all()] == ids[:1]
    assert sum(len(user.avatars) for user in sandbox.users.values()) == 1


@pytest.mark.django_db(transaction=True)
def test_delete_user_reaches_avaturn(boss, sandbox, make_avatar, ann):
    make_avatar(ann)
    response = boss.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}, follow=True)
    assert response.status_code == 200
    assert sandbox.users == {}


def test_profile_page_shows_avatars_and_only_own_ones_can_be_active(
    boss, sandbox, make_avatar, ann, bob
):
    avatar, theirs = make_avatar(ann), make_avatar(bob)
    path = f"{BASE}avaturnprofile/{avatar.profile_id}/change/"
    page = boss.get(path)
    assert str(avatar.pk) in page.text
    assert str(theirs.pk) not in page.text
    form = {"avatars-TOTAL_FORMS": 1, "avatars-INITIAL_FORMS": 1, "avatars-0-id": avatar.pk}
    form["avatars-0-profile"] = avatar.profile_id
    assert boss.post(path, {**form, "active_avatar": theirs.pk}).status_code == 200
    assert AvaturnProfile.objects.get(user=ann).active_avatar is None
    assert boss.post(path, {**form, "active_avatar": avatar.pk}).status_code == 302
    assert AvaturnProfile.objects.get(user=ann).active_avatar == avatar


def test_sync_now(boss, sandbox, remote_avatar, ann):
    profile = services.get_profile(ann)
    remote_avatar(profile)
    path = f"{BASE}avaturnprofile/{profile.pk}/sync/"
    assert "Sync now" in boss.get(f"{BASE}avaturnprofile/{profile.pk}/change/").text
    assert boss.get(path).status_code == 405
    assert "1 added" in boss.post(path, follow=True).text
    assert profile.avatars.count() == 1
    sandbox.fail_next("listUserAvatars", status=401)
    page = boss.post(path, follow=True)
    assert "Not synced" in page.text
    assert "does not accept the API token" in page.text
    data = {"action": "sync_now", "_selected_action": [profile.pk]}
    assert "0 added" in boss.post(f"{BASE}avaturnprofile/", data, follow=True).text


def test_sync_of_a_profile_that_does_not_exist(boss, sandbox):
    assert boss.post(f"{BASE}avaturnprofile/7/sync/").status_code == 404


def test_staff_who_may_only_look_can_neither_sync_nor_delete(client, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    staff = get_user_model().objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(staff)
    sandbox.calls.clear()
    profile = f"{BASE}avaturnprofile/{avatar.profile_id}/"
    assert "Sync now" not in client.get(f"{profile}change/").text
    assert client.post(f"{profile}sync/").status_code == 403
    assert client.post(f"{BASE}avatar/{avatar.pk}/delete/", {"post": "yes"}).status_code == 403
    assert not sandbox.calls


def test_make_active(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    data = {"action": "make_active", "_selected_action": [str(avatar.pk)]}
    boss.post(f"{BASE}avatar/", data, follow=True)
    assert AvaturnProfile.objects.get().active_avatar == avatar
    assert boss.get(f"{BASE}avatar/{avatar.pk}/change/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_remote_deletions_can_be_tried_again_but_not_dropped(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    sandbox.fail_next("deleteUserAvatar", status=500, times=9)
    avatar.delete()
    row = RemoteDeletion.objects.get()
    assert boss.post(f"{BASE}remotedeletion/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "try_now", "_selected_action": [row.pk]}
    assert "1 left" in boss.post(f"{BASE}remotedeletion/", data, follow=True).text
    sandbox.faults.clear()
    assert "0 left" in boss.post(f"{BASE}remotedeletion/", data, follow=True).text
    assert not sandbox.users[avatar.profile.avaturn_id].avatars
    assert boss.get(f"{BASE}remotedeletion/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "remotedeletion"])
def test_nothing_is_added_by_hand(boss, model):
    assert boss.get(f"{BASE}{model}/add/").status_code == 403
