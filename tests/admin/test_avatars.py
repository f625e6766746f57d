"""Avatars in the admin: pictures, files, what can be done with them, and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, FileDeletion

from .conftest import BASE, messages


def detail(avatar: Avatar, page: str = "change") -> str:
    return f"{BASE}avatar/{avatar.pk}/{page}/"


def cell(page: str, name: str) -> str:
    """The content of a column in the first row."""
    return page.partition(f'field-{name}">')[2].partition("</t")[0]


def test_list_shows_thumbnail_and_size_of_the_model(boss, sandbox, make_avatar, ann, store):
    _, portrait = store(make_avatar(ann))
    page = boss.get(f"{BASE}avatar/").text
    picture = cell(page, "portrait")
    assert f'src="{portrait.thumbnail.url}"' in picture
    assert 'alt="Portrait of ann"' in picture
    assert 'width="40"' in picture
    assert 'loading="lazy"' in picture
    assert "KB" in cell(page, "model_file")
    assert "avaturn-ready" in cell(page, "model_file")


def test_without_a_small_copy_the_list_shows_the_portrait_itself(
    boss, sandbox, make_avatar, ann, store
):
    _, portrait = store(make_avatar(ann))
    AvatarFile.objects.filter(pk=portrait.pk).update(thumbnail="")
    assert f'src="{portrait.file.url}"' in cell(boss.get(f"{BASE}avatar/").text, "portrait")


def test_list_shows_dashes_where_there_is_nothing(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    page = boss.get(f"{BASE}avatar/").text
    assert "-" in cell(page, "portrait")
    assert "<img" not in cell(page, "portrait")
    assert "avaturn-state" not in cell(page, "model_file")
    AvatarFile.objects.create(avatar=avatar, kind="model", state="failed")
    AvatarFile.objects.create(avatar=avatar, kind="portrait", state="pending")
    page = boss.get(f"{BASE}avatar/").text
    assert "<img" not in cell(page, "portrait")
    assert "avaturn-failed" in cell(page, "model_file")


def test_addresses_come_from_the_storage_signed_where_it_signs(
    boss, sandbox, make_avatar, ann, store, settings
):
    avatar = make_avatar(ann)
    _, portrait = store(avatar)
    signed = {"BACKEND": "tests.admin.storages.Signed"}
    settings.STORAGES = {**settings.STORAGES, "default": signed}
    wanted = f"https://bucket.example/{portrait.thumbnail.name}?Expires=60&amp;Signature=abc"
    assert wanted in cell(boss.get(f"{BASE}avatar/").text, "portrait")
    assert f"{portrait.file.name}?Expires=60&amp;Signature=abc" in boss.get(detail(avatar)).text


def test_files_that_no_address_leads_to_break_no_page(
    boss, sandbox, make_avatar, ann, store, settings
):
    avatar = make_avatar(ann)
    model, _ = store(avatar)
    off = {"BACKEND": "tests.admin.storages.OffTheWeb"}
    settings.STORAGES = {**settings.STORAGES, "default": off}
    for path in (f"{BASE}avatar/", detail(avatar), f"{BASE}avatarfile/{model.pk}/change/"):
        response = boss.get(path)
        assert response.status_code == 200
        assert "avaturn-thumbnail" not in response.text
        assert "<figure" not in response.text
        assert "<avaturn-viewer" not in response.text


def test_detail_shows_avatar_portrait_and_files(boss, sandbox, make_avatar, ann, store):
    avatar = make_avatar(ann)
    model, portrait = store(avatar)
    AvatarFile.objects.filter(pk=portrait.pk).update(state="failed", error="No luck.", attempts=4)
    page = boss.get(detail(avatar)).text
    assert f'<img src="{portrait.file.url}"' in page
    assert "No luck." in page
    assert "common/preview" in page
    for row in (model, portrait):
        assert f"{BASE}avatarfile/{row.pk}/change/" in page


def test_detail_shows_the_model_in_3d_with_the_portrait_until_then(
    boss, sandbox, make_avatar, ann, store
):
    avatar = make_avatar(ann)
    model, portrait = store(avatar)
    page = boss.get(detail(avatar)).text
    viewer = page.partition("<avaturn-viewer")[2].partition("</avaturn-viewer>")[0]
    assert model.file.url in viewer
    assert portrait.file.url in viewer
    assert str(avatar.pk) in viewer


def test_detail_says_what_is_not_there_yet(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    page = boss.get(detail(avatar)).text
    assert "has not asked for the model yet" in page
    assert "<avaturn-viewer" not in page
    AvatarFile.objects.create(avatar=avatar, kind="model", state="failed", error="No <luck>.")
    page = boss.get(detail(avatar)).text
    assert "No model is stored yet: failed." in page
    assert "No &lt;luck&gt;." in page


@pytest.mark.django_db(transaction=True)
def test_fetch_again_from_the_page(boss, sandbox, ready_avatar):
    avatar = ready_avatar
    page = boss.get(detail(avatar)).text
    assert f'action="{detail(avatar, "fetch")}"' in page
    assert boss.get(detail(avatar, "fetch")).status_code == 405
    told = messages(boss.post(detail(avatar, "fetch"), follow=True))
    assert told == [
        "Model: waiting. Avaturn is making the model.",
        "Portrait: waiting. No webhook is set up (WEBHOOK_SECRETS), "
        "so the owner's browser takes the picture.",
    ]
    told = messages(boss.post(detail(avatar, "fetch"), follow=True))
    assert told[0].startswith("Model: done, ")
    assert sandbox.count("downloadFile") == 1
    assert default_storage.exists(avatar.files.get(kind="model").file.name)
    assert [entry.change_message for entry in LogEntry.objects.filter(object_id=avatar.pk)] == [
        "Asked for its files again."
    ] * 2


@pytest.mark.django_db(transaction=True)
def test_fetch_again_keeps_the_older_model_and_says_what_went_wrong(
    boss, sandbox, make_avatar, ann, store
):
    avatar = make_avatar(ann)
    model, _ = store(avatar)
    sandbox.fail_next("createExport", status=404)
    (told, *_) = messages(boss.post(detail(avatar, "fetch"), follow=True))
    row = avatar.files.get(kind="model")
    assert row.error
    assert row.error in told
    assert row.file.name == model.file.name
    assert default_storage.exists(row.file.name)


@pytest.mark.django_db(transaction=True)
def test_with_avaturn_down_many_avatars_do_not_wait_for_many_failures(
    press, sandbox, make_avatar, ann
):
    avatars = [make_avatar(ann) for _ in range(4)]
    sandbox.fail_next("createExport", status=503, times=99)
    sandbox.calls.clear()
    told = messages(press("avatar", "fetch_again", *avatars))
    assert sandbox.count("createExport") <= 2  # one try, with its repeat
    assert AvatarFile.objects.filter(kind="model", state="pending").count() == 4
    assert told[0] == "0 done; 8 left."


@pytest.mark.django_db(transaction=True)
def test_new_portrait_from_the_page_and_from_the_list(
    boss, press, sandbox, make_avatar, ann, configure
):
    avatar = make_avatar(ann)
    configure(WEBHOOK_SECRETS=["a-secret"])
    assert f'action="{detail(avatar, "portrait")}"' in boss.get(detail(avatar)).text
    for number in (1, 2):
        response = (
            boss.post(detail(avatar, "portrait"), follow=True)
            if number == 1
            else press("avatar", "new_portrait", avatar)
        )
        assert sandbox.count("createRender") == number
        assert "its webhook will bring it" in messages(response)[0]
    assert [file.kind for file in avatar.files.all()] == ["portrait"]
    assert LogEntry.objects.filter(change_message="Asked for a new portrait.").count() == 2


def test_wrong_hooks_are_told_not_raised(boss, sandbox, make_avatar, ann, configure):
    avatar = make_avatar(ann)
    configure(HOOKS="nowhere.Hooks")
    for page in ("fetch", "portrait"):
        (told,) = messages(boss.post(detail(avatar, page), follow=True))
        assert "Nothing done: AVATURN['HOOKS']" in told
    assert not AvatarFile.objects.exists()
    assert not LogEntry.objects.exists()


def test_what_is_gone_from_avaturn_is_not_asked_for(boss, press, sandbox, make_avatar, ann):
    avatar, other = make_avatar(ann), make_avatar(ann)
    Avatar.objects.filter(pk=avatar.pk).update(gone_at=avatar.created_at)
    assert "avaturn-button" not in boss.get(detail(avatar)).text
    assert "1 is gone from Avaturn." in messages(press("avatar", "fetch_again", avatar, other))
    assert {file.avatar_id for file in AvatarFile.objects.all()} == {other.pk}


def test_buttons_need_the_token_of_the_form(boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    boss.handler.enforce_csrf_checks = True
    assert boss.post(detail(avatar, "fetch")).status_code == 403
    assert not AvatarFile.objects.exists()


def test_button_of_an_avatar_that_does_not_exist(boss, sandbox, make_avatar, ann):
    path = detail(make_avatar(ann), "fetch")
    Avatar.objects.all().delete()
    assert boss.post(path).status_code == 404


def test_who_may_only_look_sees_everything_and_can_do_nothing(
    staff, sandbox, make_avatar, ann, store
):
    avatar = make_avatar(ann)
    model, _ = store(avatar)
    client = staff("view_")
    sandbox.calls.clear()
    page = client.get(detail(avatar)).text
    assert f"{BASE}avatarfile/{model.pk}/change/" in page
    assert "avaturn-button" not in page
    for name in ("fetch", "portrait"):
        assert client.post(detail(avatar, name)).status_code == 403
    data = {"action": "fetch_again", "_selected_action": [str(avatar.pk)]}
    client.post(f"{BASE}avatar/", data)
    assert client.post(detail(avatar, "delete"), {"post": "yes"}).status_code == 403
    assert not sandbox.calls
    assert avatar.files.filter(state="ready").count() == 2


def test_files_are_listed_only_for_those_who_may_see_them(staff, sandbox, make_avatar, ann, store):
    avatar = make_avatar(ann)
    model, _ = store(avatar)
    client = staff("view_avatar")
    assert f"{BASE}avatarfile/{model.pk}/" not in client.get(detail(avatar)).text
    assert client.get(f"{BASE}avatarfile/{model.pk}/change/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_delete_one_says_so_and_reaches_avaturn_and_the_storage(
    boss, sandbox, make_avatar, ann, store
):
    avatar = make_avatar(ann)
    store(avatar)
    assert "and at Avaturn" in boss.get(detail(avatar, "delete")).text
    assert sandbox.count("deleteUserAvatar") == 0
    boss.post(detail(avatar, "delete"), {"post": "yes"})
    assert not Avatar.objects.exists()
    assert not sandbox.users[avatar.profile.avaturn_id].avatars
    assert not [path for path in Path(default_storage.location).rglob("*") if path.is_file()]
    assert not FileDeletion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_may_delete_avatars_may_delete_those_with_files(
    staff, sandbox, make_avatar, ann, store
):
    avatar = make_avatar(ann)
    store(avatar)
    client = staff("view_avatar", "delete_avatar")
    client.post(detail(avatar, "delete"), {"post": "yes"})
    assert not Avatar.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_delete_many_says_so_and_reaches_avaturn(boss, sandbox, make_avatar, ann, bob):
    ids = [make_avatar(ann).pk, make_avatar(ann).pk, make_avatar(bob).pk]
    data = {"action": "delete_selected", "_selected_action": [str(pk) for pk in ids[1:]]}
    assert "and at Avaturn" in boss.post(f"{BASE}avatar/", data).text
    boss.post(f"{BASE}avatar/", {**data, "post": "yes"})
    assert [avatar.pk for avatar in Avatar.objects.all()] == ids[:1]
    assert sum(len(user.avatars) for user in sandbox.users.values()) == 1


@pytest.mark.django_db(transaction=True)
def test_delete_user_reaches_avaturn(boss, sandbox, make_avatar, ann, store):
    store(make_avatar(ann))
    response = boss.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}, follow=True)
    assert response.status_code == 200
    assert sandbox.users == {}


def test_make_active(press, boss, sandbox, make_avatar, ann):
    avatar = make_avatar(ann)
    press("avatar", "make_active", avatar)
    assert AvaturnProfile.objects.get().active_avatar == avatar
    assert boss.get(detail(avatar)).status_code == 200
