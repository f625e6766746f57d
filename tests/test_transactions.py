"""``ATOMIC_REQUESTS``: no transaction is open while Avaturn is asked, whichever database has it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.client import AvaturnClient
from django_avaturn.models import Avatar, AvatarFile, RemoteDeletion, WebhookEvent
from django_avaturn.transactions import outside_transactions

SECRET = "a-secret-of-the-tests-9b1f"
ADMIN = "/admin/django_avaturn/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["default", "second"])
def alias(request, monkeypatch):
    """Of the database that has it: the only one, or one beside it that our tables are not in."""
    if request.param == "default":
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        yield "default"
        return
    second = {**connections.settings["default"], "NAME": ":memory:", "ATOMIC_REQUESTS": True}
    monkeypatch.setitem(connections.settings, "second", second)
    yield "second"
    connections["second"].close()
    del connections["second"]


@pytest.fixture
def asked(alias, monkeypatch):
    """Each call to Avaturn: whether a transaction was open."""
    seen = []
    ask = AvaturnClient._ask

    def watched(*args, **kwargs):
        seen.append(connections[alias].in_atomic_block)
        return ask(*args, **kwargs)

    monkeypatch.setattr(AvaturnClient, "_ask", watched)
    return seen


@pytest.fixture
def avatar(make_avatar, ann, sandbox, configure):
    """Ready at Avaturn."""
    configure(WEBHOOK_SECRETS=[SECRET])
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    services.sync_profile(avatar.profile)
    return Avatar.objects.get(pk=avatar.pk)


@pytest.fixture
def boss():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("post", "sessions/", None),
        ("post", "avatars/{pk}/exports/", None),
        ("delete", "avatars/{pk}/", None),
        ("get", "avatars/{pk}/customization/", None),
        ("post", "", {"avatar": "{pk}", "action": "fetch"}),
        ("post", "", {"avatar": "{pk}", "action": "delete"}),
    ],
)
def test_routes(as_ann, avatar, asked, method, path, data):
    asked.clear()
    data = data and {key: value.format(pk=avatar.pk) for key, value in data.items()}
    answer = getattr(as_ann, method)(f"/avatar/{path.format(pk=avatar.pk)}", data)
    assert answer.status_code < 400
    assert asked and not any(asked)


def test_webhook(client, avatar, sandbox, asked):
    sandbox.export_seconds = 60
    services.request_files(avatar)
    sandbox.clock.advance(61)
    asked.clear()
    told = json.dumps({"event": "export.ready", "avatar_id": str(avatar.pk), "status": "ready"})
    answer = client.post(f"/avatar/webhooks/{SECRET}/", told, content_type="application/json")
    assert answer.status_code == 200
    assert AvatarFile.objects.get(kind="model").state == "ready"
    assert asked and not any(asked)


def profile(avatar):
    return avatar.profile


def deletion(avatar):
    later = timezone.now() + timedelta(hours=1)
    return RemoteDeletion.objects.create(avaturn_id="GONE", due_at=later, attempts=1)


def event(avatar):
    return WebhookEvent.objects.create(event="avatar.ready", avatar_id=avatar.pk, digest="1")


def itself(avatar):
    return avatar


@pytest.mark.parametrize(
    ("make", "action", "slug"),
    [
        (profile, "sync_now", "sync"),
        (itself, "fetch_again", "fetch"),
        (itself, "new_portrait", "portrait"),
        (deletion, "try_now", "try"),
        (event, "process_again", "process"),
    ],
)
@pytest.mark.parametrize("way", ["action", "button"])
def test_admin(boss, avatar, asked, make, action, slug, way):
    row = make(avatar)
    asked.clear()
    page = f"{ADMIN}{row._meta.model_name}/"
    if way == "button":
        answer = boss.post(f"{page}{row.pk}/{slug}/")
    else:
        answer = boss.post(page, {"action": action, "_selected_action": [str(row.pk)]})
    assert answer.status_code == 302
    assert asked and not any(asked)


def test_a_site_may_exempt_the_view_from_one_more():
    """Django's own decorator adds to what is there."""

    @transaction.non_atomic_requests(using="third")
    @outside_transactions
    def view(request):
        """Never called."""

    assert all(alias in view._non_atomic_requests for alias in ("default", "second", "third"))
