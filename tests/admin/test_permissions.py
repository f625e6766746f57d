"""Looking, changing, deleting, fetching, syncing and retrying: each has a permission of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from django_avaturn.models import Avatar, AvatarFile, FileDeletion, RemoteDeletion, WebhookEvent

from .conftest import BASE

OWN = {
    "avatar": "fetch_avatar",
    "avaturnprofile": "sync_avaturnprofile",
    "avatarfile": "retry_avatarfile",
    "remotedeletion": "retry_remotedeletion",
    "filedeletion": "retry_filedeletion",
    "webhookevent": "retry_webhookevent",
}
BUTTONS = [
    ("avatar", "fetch"), ("avatar", "portrait"), ("avaturnprofile", "sync"),
    ("avatarfile", "try"), ("remotedeletion", "try"), ("filedeletion", "try"),
    ("webhookevent", "process"),
]  # fmt: skip
HARMLESS = {"avatar": {"export_csv"}, "avaturnprofile": {"export_csv"}}
WORK = {
    "avatar": {"fetch_again", "new_portrait"},
    "avaturnprofile": {"sync_now"},
    "webhookevent": {"process_again"},
}


@pytest.fixture
def rows(sandbox, ready_avatar: Avatar):
    """One row of each model; each could be worked on."""
    later = {"due_at": timezone.now() + timedelta(days=9), "attempts": 3}
    return {
        "avatar": ready_avatar,
        "avaturnprofile": ready_avatar.profile,
        "avatarfile": AvatarFile.objects.create(avatar=ready_avatar, kind="model", **later),
        "remotedeletion": RemoteDeletion.objects.create(avaturn_id="X", **later),
        "filedeletion": FileDeletion.objects.create(name="x", **later),
        "webhookevent": WebhookEvent.objects.create(event="avatar.ready", digest="d", **later),
    }


def offered(client, model) -> set[str]:
    """The actions that a list offers."""
    form = client.get(f"{BASE}{model}/").context["action_form"]
    return {name for name, _ in form.fields["action"].choices if name} if form else set()


@pytest.mark.parametrize("model", OWN)
def test_who_may_only_look_is_offered_no_action_that_changes_anything(staff, rows, model):
    assert offered(staff("view_"), model) == HARMLESS.get(model, set())


@pytest.mark.parametrize("model", OWN)
def test_each_permission_offers_its_own_actions(staff, rows, model):
    client = staff(f"view_{model}", OWN[model])
    assert offered(client, model) == HARMLESS.get(model, set()) | WORK.get(model, {"try_now"})


def test_changing_an_avatar_is_making_it_active(staff, rows):
    assert offered(staff("change_avatar"), "avatar") == {"make_active", "export_csv"}


def test_deleting_is_offered_to_who_may_delete(staff, rows):
    client = staff("view_avatar", "delete_avatar")
    assert offered(client, "avatar") == {"delete_selected", "export_csv"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("model", "slug"), BUTTONS)
def test_button_is_for_those_with_its_permission(staff, rows, sandbox, model, slug):
    page = f"{BASE}{model}/{rows[model].pk}/"
    client = staff("view_", "change_", "delete_", OWN[model])
    assert f'action="{page}{slug}/"' in client.get(f"{page}change/").text
    assert client.post(f"{page}{slug}/").status_code == 302


@pytest.mark.parametrize(("model", "slug"), BUTTONS)
def test_button_is_for_nobody_else(staff, rows, sandbox, model, slug):
    page = f"{BASE}{model}/{rows[model].pk}/"
    others = [name for name in OWN.values() if name != OWN[model]]
    client = staff("view_", "change_", "delete_", *others)
    sandbox.calls.clear()
    assert "avaturn-button" not in client.get(f"{page}change/").text
    assert client.post(f"{page}{slug}/").status_code == 403
    assert not sandbox.calls


@pytest.mark.parametrize(("model", "slug"), BUTTONS)
def test_who_may_not_look_presses_nothing(staff, rows, sandbox, model, slug):
    client = staff(OWN[model])
    sandbox.calls.clear()
    assert client.post(f"{BASE}{model}/{rows[model].pk}/{slug}/").status_code == 403
    assert not sandbox.calls


def test_permissions_are_there_to_be_given(db):
    own = Permission.objects.filter(content_type__app_label="django_avaturn")
    names = {one.codename: one.name for one in own if one.codename in OWN.values()}
    assert set(names) == set(OWN.values())
    assert all(name.startswith("Can ") for name in names.values())
