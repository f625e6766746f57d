"""A page of another site, open in the browser of somebody who is known here."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from django_avaturn.models import Avatar
from tests.attacks.conftest import snapshot
from tests.attacks.routes import OWN, REFUSED, SAFE

# Of each route and method the first: any would do if it got through.
UNSAFE = {(case.route, case.method): case for case in (REFUSED + OWN)[::-1]}
UNSAFE = {route: case for route, case in UNSAFE.items() if case.method not in SAFE}
BUTTONS = [
    (model._meta.model_name, button.slug)
    for model, pages in admin.site._registry.items()
    for button in getattr(pages, "buttons", ())
]

TOKEN = "a" * 32


def without(client):
    """No token at all."""
    return {}


def wrong(client):
    client.cookies["csrftoken"] = TOKEN
    return {"X-CSRFToken": "b" * 32}


def only_the_cookie(client):
    client.cookies["csrftoken"] = TOKEN
    return {}


def another_origin(client):
    client.cookies["csrftoken"] = TOKEN
    return {"X-CSRFToken": TOKEN, "Origin": "https://evil.example"}


def null_origin(client):
    client.cookies["csrftoken"] = TOKEN
    return {"X-CSRFToken": TOKEN, "Origin": "null"}


FORGERIES = [without, wrong, only_the_cookie, another_origin, null_origin]


@pytest.fixture
def anns(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    return client


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("route", UNSAFE, ids=str)
def test_forged_request_of_a_user(anns, theirs, sandbox, route, forgery):
    before = snapshot()
    assert UNSAFE[route].send(anns, theirs.pk, **forgery(anns)).status_code == 403
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("route", UNSAFE, ids=str)
def test_forged_request_of_a_visitor(attacker, sandbox, route, forgery):
    known = attacker("visitor")
    client = Client(enforce_csrf_checks=True)
    client.cookies = known.cookies
    own = Avatar.objects.create(profile_id=snapshot()["avaturnprofile"][0]["id"], status="ready")
    before = snapshot()
    assert UNSAFE[route].send(client, own.pk, **forgery(client)).status_code == 403
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("page", [*BUTTONS, ("avatar", "delete"), ("avaturnprofile", "delete")])
def test_forged_request_of_an_admin(theirs, sandbox, page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_superuser("boss"))
    row = {"avaturnprofile": theirs.profile, "avatarfile": theirs.model}.get(page[0], theirs)
    before = snapshot()
    path = reverse(f"admin:django_avaturn_{page[0]}_{page[1]}", args=[row.pk])
    for forgery in FORGERIES:
        assert client.post(path, {"post": "yes"}, headers=forgery(client)).status_code == 403
    assert not sandbox.calls
    assert snapshot() == before


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile", "avatarfile", "webhookevent"])
def test_forged_action_of_an_admin(theirs, sandbox, model):
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_superuser("boss"))
    pages = next(
        one for kind, one in admin.site._registry.items() if kind._meta.model_name == model
    )
    before = snapshot()
    path = reverse(f"admin:django_avaturn_{model}_changelist")
    for action in [*pages.actions, "delete_selected"]:
        data = {"action": action, "_selected_action": [str(theirs.pk)], "post": "yes"}
        assert client.post(path, data).status_code == 403
        client.get(path, data)  # by an image of that address
    assert not sandbox.calls
    assert snapshot() == before


def test_with_the_token_it_is_done(anns, theirs):
    """The cases above would not fail where nothing works at all."""
    anns.cookies["csrftoken"] = TOKEN
    headers = {"X-CSRFToken": TOKEN}
    for route in (("render-list", "post"), ("gallery", "post")):
        assert UNSAFE[route].send(anns, theirs.pk, **headers).status_code in (202, 302)
