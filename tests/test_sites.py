"""The same app on sites that are set up in other ways."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client

from django_avaturn import services
from django_avaturn.models import AvatarFile, Job, WebhookEvent

SECRET = "a-secret-of-the-tests-9b1f"

pytestmark = pytest.mark.django_db(transaction=True)


def login_required(settings, monkeypatch):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]


def atomic_requests(settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


def both(settings, monkeypatch):
    login_required(settings, monkeypatch)
    atomic_requests(settings, monkeypatch)


@pytest.fixture(params=[login_required, atomic_requests, both], autouse=True)
def site(request, sandbox, settings, monkeypatch, configure):
    configure(WEBHOOK_SECRETS=[SECRET])
    request.param(settings, monkeypatch)


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def deliver(**message):
    body = json.dumps(message)
    path = f"/avatar/webhooks/{SECRET}/"
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json")


def test_from_next_to_the_stored_model(ann, sandbox):
    browser = browser_of(ann)
    assert browser.post("/avatar/sessions/").status_code == 201
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    assert browser.post(f"/avatar/avatars/{avatar_id}/exports/").status_code == 201
    assert browser.get(f"/avatar/avatars/{avatar_id}/").json()["model"]["state"] == "ready"


def test_webhook(ann, sandbox):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    sandbox.export_seconds = 60
    services.record_export(ann, avatar_id, {})
    sandbox.clock.advance(61)
    answer = deliver(event="export.ready", avatar_id=avatar_id, status="ready")
    assert answer.status_code == 200
    assert WebhookEvent.objects.get().state == Job.State.READY
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY
    assert deliver(event="export.ready", avatar_id=avatar_id, status="ready").status_code == 200


def test_failure_at_avaturn_takes_nothing_back(ann, sandbox):
    """The work starts after the commit: what fails there must not undo the request."""
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    sandbox.fail_next("createExport", drop=True, times=9)
    browser = browser_of(ann)
    assert browser.post(f"/avatar/avatars/{avatar_id}/exports/").status_code == 201
    assert AvatarFile.objects.get(kind="model").state == Job.State.PENDING


def test_deletion(ann, sandbox):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.sync_profile(ann.avaturn_profile)
    assert browser_of(ann).delete(f"/avatar/avatars/{avatar_id}/").status_code == 204
    assert sandbox.count("deleteUserAvatar") == 1


def test_strangers_get_nothing(sandbox):
    answers = [
        Client().get("/avatar/avatars/").status_code,
        Client().post("/avatar/sessions/").status_code,
        Client().get("/avatar/profile/").status_code,
    ]
    assert set(answers) <= {401, 403}
