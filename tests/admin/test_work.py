"""Work in the admin: what waits, what failed, and another try."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from django_avaturn.models import (
    Avatar,
    AvatarFile,
    FileDeletion,
    RemoteDeletion,
    WebhookEvent,
)

from .conftest import BASE, messages

pytestmark = pytest.mark.django_db(transaction=True)


def later() -> dict:
    """Not to be tried for a while, as after failures."""
    return {"due_at": timezone.now() + timedelta(hours=6), "attempts": 5, "error": "Earlier error."}


def test_remote_deletions_can_be_tried_again_but_not_dropped(
    boss, press, sandbox, make_avatar, ann
):
    avatar = make_avatar(ann)
    sandbox.fail_next("deleteUserAvatar", status=500, times=9)
    avatar.delete()
    row = RemoteDeletion.objects.get()
    path = f"{BASE}remotedeletion/{row.pk}/"
    assert boss.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    told = messages(press("remotedeletion", "try_now", row))
    assert told[0] == "0 done; 1 left."
    assert "500" in told[1]
    sandbox.faults.clear()
    assert messages(press("remotedeletion", "try_now", row)) == ["1 done; 0 left."]
    assert not sandbox.users[avatar.profile.avaturn_id].avatars
    assert boss.get(f"{path}change/").status_code == 200
    assert LogEntry.objects.filter(change_message="Asked for another try.").count() == 2


def test_chosen_rows_are_tried_even_where_the_list_is_filtered_by_their_state(
    press, sandbox, make_avatar, ann
):
    avatar = make_avatar(ann)
    sandbox.fail_next("deleteUserAvatar", status=500, times=9)
    avatar.delete()
    sandbox.faults.clear()
    RemoteDeletion.objects.update(state="failed")
    row = RemoteDeletion.objects.get()
    told = messages(press("remotedeletion", "try_now", row, query="?state__exact=failed"))
    assert told == ["1 done; 0 left."]


def test_pass_over_many_rows_stops_when_avaturn_is_down(press, sandbox):
    rows = [RemoteDeletion.objects.create(avaturn_id=f"U{n}", **later()) for n in range(5)]
    sandbox.fail_next("deleteUser", status=503, times=99)
    sandbox.calls.clear()
    told = messages(press("remotedeletion", "try_now", *rows))
    assert told[0] == "0 done; 5 left."
    assert 1 <= sandbox.count("deleteUser") <= 2  # one try, with its repeat


def test_pass_over_many_rows_stops_when_it_takes_too_long(press, sandbox, monkeypatch):
    rows = [RemoteDeletion.objects.create(avaturn_id=f"U{n}", **later()) for n in range(3)]
    monkeypatch.setattr("django_avaturn.admin.work.PATIENCE", 0.0)
    assert messages(press("remotedeletion", "try_now", *rows))[0] == "1 done; 2 left."
    assert RemoteDeletion.objects.due().count() == 2


def test_file_that_failed_can_be_tried_again_from_its_page(boss, sandbox, ready_avatar):
    row = AvatarFile.objects.create(avatar=ready_avatar, kind="model", state="failed", **later())
    path = f"{BASE}avatarfile/{row.pk}/"
    assert "Try again now" in boss.get(f"{path}change/").text
    told = messages(boss.post(f"{path}try/", follow=True))
    assert told == [
        "0 done; 1 left.",
        f"Model {ready_avatar.pk}: waiting. Avaturn is making the model.",
    ]
    response = boss.post(f"{path}try/", follow=True)
    assert messages(response) == ["1 done; 0 left."]
    row.refresh_from_db()
    assert row.state == "ready"
    assert f'<a href="{row.file.url}" download>' in response.text


def test_picture_that_only_the_owners_browser_can_take_is_left_alone(press, sandbox, ready_avatar):
    row = AvatarFile.objects.create(avatar=ready_avatar, kind="portrait", due_at=None)
    sandbox.calls.clear()
    assert messages(press("avatarfile", "try_now", row)) == ["0 done; 1 left."]
    assert not sandbox.calls
    assert not LogEntry.objects.exists()


def test_file_deletions_can_be_tried_again_but_not_dropped(boss, press, sandbox):
    name = default_storage.save("avaturn/ab/old.glb", ContentFile(b"old"))
    row = FileDeletion.objects.create(name=name, state="failed", **later())
    path = f"{BASE}filedeletion/{row.pk}/"
    assert boss.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    response = boss.post(f"{path}try/", follow=True)
    assert response.redirect_chain[-1][0] == f"{BASE}filedeletion/"  # the row went with its file
    assert messages(response) == ["1 done; 0 left."]
    assert not default_storage.exists(name)


def test_file_on_its_way_into_the_storage_is_left_alone(press, sandbox):
    name = default_storage.save("avaturn/ab/new.glb", ContentFile(b"new"))
    soon = timezone.now() + timedelta(minutes=50)
    row = FileDeletion.objects.create(name=name, due_at=soon)
    press("filedeletion", "try_now", row)
    assert default_storage.exists(name)
    assert FileDeletion.objects.get().due_at == soon


@pytest.mark.parametrize("state", ["ready", "failed", "pending"])
def test_event_can_be_processed_again_in_any_state(boss, press, sandbox, ready_avatar, state):
    event = WebhookEvent.objects.create(
        event="avatar.ready", avatar_id=ready_avatar.pk, digest="1", state=state, **later()
    )
    sandbox.calls.clear()
    query = f"?state__exact={state}"
    assert messages(press("webhookevent", "process_again", event, query=query)) == [
        "1 done; 0 left."
    ]
    assert sandbox.count("listUserAvatars") == 1
    assert Avatar.objects.get().status == "ready"
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error) == ("ready", 1, "")
    assert event.processed_at
    assert boss.post(f"{BASE}webhookevent/{event.pk}/process/").status_code == 302
    assert sandbox.count("listUserAvatars") == 2
    assert LogEntry.objects.filter(change_message="Asked to have it processed again.").count() == 2


def test_processing_again_says_what_came_of_it(press, sandbox):
    event = WebhookEvent.objects.create(event="render.ready", digest="1", state="ready")
    told = messages(press("webhookevent", "process_again", event))
    assert told[0] == "1 done; 0 left."
    assert told[1].startswith("Render.ready: done. The site has no such avatar")


def test_event_shows_its_message_and_takes_no_changes(boss, sandbox):
    payload = {"event": "avatar.ready", "user_id": "<b>Zoë</b>", "status": "ready"}
    event = WebhookEvent.objects.create(
        event="avatar.ready", digest="1", state="ready", payload=payload
    )
    path = f"{BASE}webhookevent/{event.pk}/change/"
    page = boss.get(path).text
    assert "  &quot;user_id&quot;: &quot;&lt;b&gt;Zoë&lt;/b&gt;&quot;,\n" in page
    assert 'name="_save"' not in page
    boss.post(path, {"event": "export.ready", "state": "failed"})
    event.refresh_from_db()
    assert (event.event, event.state) == ("avatar.ready", "ready")


@pytest.mark.parametrize(
    ("model", "page"),
    [
        ("avatarfile", "try"),
        ("remotedeletion", "try"),
        ("filedeletion", "try"),
        ("webhookevent", "process"),
    ],
)
def test_who_may_only_look_can_set_nothing_going(staff, sandbox, ready_avatar, model, page):
    rows = {
        "avatarfile": AvatarFile.objects.create(avatar=ready_avatar, kind="model", **later()),
        "remotedeletion": RemoteDeletion.objects.create(avaturn_id="U", **later()),
        "filedeletion": FileDeletion.objects.create(name="nothing", **later()),
        "webhookevent": WebhookEvent.objects.create(event="avatar.ready", digest="1", **later()),
    }
    row = rows[model]
    client = staff("view_")
    sandbox.calls.clear()
    path = f"{BASE}{model}/{row.pk}/"
    shown = client.get(f"{path}change/").text
    assert "Earlier error." in shown
    assert "avaturn-button" not in shown
    assert client.post(f"{path}{page}/").status_code == 403
    assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    before = row.attempts
    row.refresh_from_db()
    assert row.attempts == before
    assert not sandbox.calls


@pytest.mark.parametrize("model", ["avatarfile", "webhookevent"])
def test_confirmation_of_a_deletion_speaks_of_avaturn_only_where_that_is_true(
    boss, sandbox, ready_avatar, model
):
    file = AvatarFile.objects.create(avatar=ready_avatar, kind="model", **later())
    event = WebhookEvent.objects.create(event="avatar.ready", digest="1", **later())
    row = file if model == "avatarfile" else event
    page = boss.get(f"{BASE}{model}/{row.pk}/delete/").text
    assert "Are you sure" in page
    assert "at Avaturn" not in page


def test_deleting_one_file_removes_it_from_the_storage(boss, sandbox, ready_avatar, store):
    model, portrait = store(ready_avatar)
    boss.post(f"{BASE}avatarfile/{portrait.pk}/delete/", {"post": "yes"})
    assert [row.pk for row in AvatarFile.objects.all()] == [model.pk]
    assert not default_storage.exists(portrait.file.name)
    assert not default_storage.exists(portrait.thumbnail.name)
    assert default_storage.exists(model.file.name)


@pytest.mark.parametrize("state", ["pending", "ready"])
def test_pages_show_dates_as_people_write_them_and_dashes_for_nothing(
    boss, sandbox, ready_avatar, state
):
    due_at = timezone.make_aware(datetime(2031, 7, 14, 3, 30))
    file = AvatarFile.objects.create(avatar=ready_avatar, kind="model", state=state, due_at=due_at)
    event = WebhookEvent.objects.create(event="x", digest="1", state=state, due_at=due_at)
    for path in (
        f"avatarfile/{file.pk}/change/",
        f"webhookevent/{event.pk}/change/",
        f"avatar/{ready_avatar.pk}/change/",
        "avatarfile/",
    ):
        page = boss.get(BASE + path).text
        assert ("July 14, 2031, 3:30 a.m." in page) == (state == "pending")
        assert ">None<" not in page


@pytest.mark.parametrize(
    "path", ["avatarfile/{}/change/", "webhookevent/{}/change/", "avatar/{}/change/"]
)
def test_no_page_tells_a_secret(boss, sandbox, ready_avatar, configure, path):
    configure(WEBHOOK_SECRETS=["webhook-secret-77"])
    file = AvatarFile.objects.create(avatar=ready_avatar, kind="model", **later())
    event = WebhookEvent.objects.create(event="avatar.ready", digest="1", **later())
    pk = {"avatarfile": file.pk, "webhookevent": event.pk, "avatar": ready_avatar.pk}
    page = boss.get(BASE + path.format(pk[path.partition("/")[0]])).text
    assert "webhook-secret-77" not in page
    assert "test-token-4f1d" not in page
