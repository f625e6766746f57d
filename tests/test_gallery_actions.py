"""The forms of the gallery: who may do what, and what comes of it."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client

from django_avaturn.client import AvaturnClient
from django_avaturn.models import Avatar, AvatarFile, RemoteDeletion
from tests import cards


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_make_active(as_ann, ann):
    cards.activate(cards.card(ann))
    other = cards.card(ann)
    response = cards.post(as_ann, other, "activate", next="/avatar/?page=1")
    assert (response.status_code, response.url) == (302, "/avatar/?page=1")
    assert Avatar.objects.get(pk=other.pk).active
    page = as_ann.get(response.url).text
    assert ">This is your active avatar now.<" in page
    assert ">Active<" in cards.part(page, other) and page.count(">Active<") == 1
    assert ">This is your active avatar now.<" not in as_ann.get(response.url).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
def test_delete_here_and_at_avaturn(as_ann, ann, make_avatar, sandbox, monkeypatch, atomic):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    avatar, other = make_avatar(ann), make_avatar(ann)
    open_transactions = []
    ask = AvaturnClient.delete_avatar

    def watch(self, *args):
        open_transactions.append(transaction.get_connection().in_atomic_block)
        return ask(self, *args)

    monkeypatch.setattr(AvaturnClient, "delete_avatar", watch)
    response = cards.post(as_ann, avatar, "delete")
    assert (response.status_code, response.url) == (302, cards.PAGE)
    assert told(response) == ["The avatar is deleted."]
    assert open_transactions == [False]
    assert list(Avatar.objects.all()) == [other]
    assert list(sandbox.users[other.profile.avaturn_id].avatars) == [str(other.pk)]
    assert RemoteDeletion.objects.exclude(done_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_delete_while_avaturn_is_down(as_ann, ann, make_avatar, configure):
    avatar = make_avatar(ann)
    configure(API_URL="http://127.0.0.1:9", MAX_RETRIES=0)
    assert cards.post(as_ann, avatar, "delete").status_code == 302
    assert not Avatar.objects.exists()
    assert RemoteDeletion.objects.get().done_at is None


@pytest.mark.django_db(transaction=True)
def test_fetch(as_ann, ann, make_avatar, sandbox):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    Avatar.objects.update(status="ready")
    response = cards.post(as_ann, avatar, "fetch")
    assert told(response) == ["The model has been requested."]
    assert AvatarFile.objects.filter(avatar=avatar, kind="model").count() == 1
    assert sandbox.count("createExport") == 1


@pytest.mark.parametrize(
    ("state", "action"),
    [("coming", "fetch"), ("ready", "fetch"), ("processing", "activate"), ("gone", "fetch")],
)
def test_what_no_longer_makes_sense_is_not_done(as_ann, ann, sandbox, state, action):
    avatar = cards.card(ann, state)
    before = AvatarFile.objects.values().first()
    response = cards.post(as_ann, avatar, action)
    assert response.status_code == 302
    assert "not possible any more" in told(response)[0]
    assert AvatarFile.objects.values().first() == before
    assert not Avatar.objects.get(pk=avatar.pk).active
    assert not sandbox.calls


@pytest.mark.parametrize("action", ["activate", "fetch", "delete"])
def test_avatar_of_somebody_else(as_ann, bob, action):
    avatar = cards.card(bob, "lost")
    assert cards.post(as_ann, avatar, action).status_code == 404
    avatar = Avatar.objects.get()
    assert not avatar.active and avatar.model.state == "failed"


@pytest.mark.parametrize("pk", ["", "7", "no uuid", uuid.uuid4()])
def test_unknown_avatar(as_ann, ann, pk):
    cards.card(ann)
    assert cards.post(as_ann, pk, "delete").status_code == 404
    assert Avatar.objects.count() == 1


@pytest.mark.parametrize("action", ["", "erase", "can_delete"])
def test_unknown_action(as_ann, ann, action):
    assert cards.post(as_ann, cards.card(ann), action).status_code == 400


def test_other_methods(as_ann):
    assert as_ann.put(cards.PAGE).status_code == 405
    assert as_ann.head(cards.PAGE).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "",
    ],
)
def test_no_open_redirect(as_ann, ann, url):
    assert cards.post(as_ann, cards.card(ann), "activate", next=url).url == cards.PAGE


def test_no_way_from_https_to_http(as_ann, ann):
    data = {"avatar": cards.card(ann).pk, "action": "activate", "next": "http://testserver/x"}
    assert as_ann.post(cards.PAGE, data, secure=True).url == cards.PAGE
    assert as_ann.post(cards.PAGE, {**data, "action": "delete"}).url == "http://testserver/x"


@pytest.mark.parametrize("middleware", [True, False])
def test_csrf(ann, settings, middleware):
    if not middleware:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    avatar = cards.card(ann)
    assert cards.post(client, avatar, "delete").status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(cards.PAGE).text)[1]
    assert cards.post(client, avatar, "delete", csrfmiddlewaretoken=token).status_code == 302
    assert not Avatar.objects.exists()


def test_behind_login_required_middleware(as_ann, ann, client, settings):
    login_required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, login_required]
    assert client.get(cards.PAGE).url == "/accounts/login/?next=/avatar/"
    assert cards.post(as_ann, cards.card(ann), "activate").url == cards.PAGE


def test_without_the_messages_framework(as_ann, ann, settings):
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if "messages" not in name]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "messages" not in name]
    avatar = cards.card(ann)
    assert cards.post(as_ann, avatar, "activate").url == cards.PAGE
    assert Avatar.objects.get().active


def test_answer_to_the_script(as_ann, ann):
    as_json = {"headers": {"accept": "application/json"}}
    data = {"avatar": cards.card(ann).pk, "action": "activate"}
    done = as_ann.post(cards.PAGE, data, **as_json)
    assert (done.status_code, done.json()) == (200, {"detail": "This is your active avatar now."})
    again = as_ann.post(cards.PAGE, data, **as_json)
    assert again.status_code == 409
    assert "not possible" in again.json()["detail"]
    assert told(done) == told(again) == []
