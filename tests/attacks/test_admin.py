"""Staff who may not, or may only look: in lists, on pages, by actions and by buttons."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_avaturn.models import FileDeletion, RemoteDeletion, WebhookEvent
from tests.attacks.conftest import snapshot, told

SITE = {
    model._meta.model_name: pages
    for model, pages in admin.site._registry.items()
    if model._meta.app_label == "django_avaturn"
}
LISTS = [(model, page) for model in SITE for page in ("changelist", "add")]
PAGES = [
    (model, page)
    for model, pages in SITE.items()
    for page in ("change", "delete", "history", *(button.slug for button in pages.buttons))
]
ACTIONS = [
    (model, action)
    for model, pages in SITE.items()
    for action in (*pages.actions, "delete_selected")
]
NOWHERE = {"avatar": uuid4()}


@pytest.fixture
def rows(theirs):
    """One row of each model, by its name; each could be worked on."""
    later = {"due_at": timezone.now() + timedelta(days=9)}
    event = WebhookEvent.objects.create(event="avatar.ready", digest="d", **later)
    return {
        "avatar": theirs,
        "avaturnprofile": theirs.profile,
        "avatarfile": theirs.model,
        "remotedeletion": RemoteDeletion.objects.create(avaturn_id="X", **later),
        "filedeletion": FileDeletion.objects.create(name="x", attempts=1, **later),
        "webhookevent": event,
    }


@pytest.fixture
def staff(db):
    def log_in(*names):
        user = get_user_model().objects.create_user("clerk", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(user)
        return client

    return log_in


def address(model, page, *args):
    return reverse(f"admin:django_avaturn_{model}_{page}", args=args)


@pytest.mark.parametrize("page", LISTS + PAGES, ids=str)
def test_staff_without_permission(staff, rows, sandbox, page):
    client, model = staff(), page[0]
    before = snapshot()
    keys = [] if page in LISTS else [rows[model].pk]
    elsewhere = [NOWHERE.get(model, 987654321)] if keys else []
    for method in ("get", "post"):
        ask = getattr(client, method)
        answer = ask(address(*page, *keys), {"post": "yes"})
        if answer.status_code != 405:  # a button, by GET
            assert answer.status_code == 403
        assert told(ask(address(*page, *elsewhere), {"post": "yes"})) == told(answer)
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("page", LISTS + PAGES, ids=str)
def test_users_who_are_no_staff(as_ann, rows, sandbox, page):
    before = snapshot()
    keys = [] if page in LISTS else [rows[page[0]].pk]
    for method in ("get", "post"):
        answer = getattr(as_ann, method)(address(*page, *keys), {"post": "yes"})
        assert (answer.status_code, "/admin/login/" in answer["Location"]) == (302, True)
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("page", [page for page in PAGES if page[1] not in ("change", "history")])
def test_who_may_only_look_presses_in_vain(staff, rows, sandbox, page):
    client = staff(*(f"view_{model}" for model in SITE))
    before = snapshot()
    answer = client.post(address(*page, rows[page[0]].pk), {"post": "yes"})
    assert answer.status_code == 403
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("case", ACTIONS, ids=str)
def test_who_may_only_look_chooses_in_vain(staff, rows, sandbox, case):
    model, action = case
    client = staff(*(f"view_{model}" for model in SITE))
    before = snapshot()
    data = {"action": action, "_selected_action": [str(rows[model].pk)], "post": "yes"}
    client.post(address(model, "changelist"), data)
    client.get(address(model, "changelist"), data)
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("page", [page for page in PAGES if page[1] not in ("change", "history")])
def test_nothing_is_done_by_a_look(client, rows, sandbox, page):
    """A link in an e-mail, followed by an administrator."""
    client.force_login(get_user_model().objects.create_superuser("boss"))
    before = snapshot()
    answer = client.get(address(*page, rows[page[0]].pk), {"post": "yes"})
    assert answer.status_code in ((200, 403) if page[1] == "delete" else (405,))
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile"])
def test_form_takes_no_fields_that_it_does_not_show(staff, rows, bob, model):
    """Who may change a row may not make it somebody else's."""
    client = staff(f"change_{model}", f"view_{model}")
    row = rows[model]
    forged = {"profile": 999, "user": bob.pk, "avaturn_id": "EVES", "status": "failed", "id": "7"}
    forged |= {"guest": "f" * 64, "active_avatar": "", "gone_at_0": "2020-01-01"}
    before = snapshot()
    client.post(address(model, "change", row.pk), forged)
    after = snapshot()
    after["avatar"][0]["updated_at"] = before["avatar"][0]["updated_at"]
    assert after == before


def test_every_page_has_a_case():
    known = {"changelist", "add", "delete", "change", "history"}
    for model, pages in SITE.items():
        named = {url.name for url in pages.get_urls() if url.name}
        prefix = f"django_avaturn_{model}_"
        slugs = {button.slug for button in pages.buttons}
        assert {name.removeprefix(prefix) for name in named} == known | slugs
