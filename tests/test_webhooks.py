"""The receiving view: what it takes, what it refuses, and what follows."""

from __future__ import annotations

import json
import logging
import threading
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from django_avaturn import services
from django_avaturn.models import Avatar, AvatarFile, Job, WebhookEvent
from tests.databases import AVAILABLE

SECRET = "a-secret-of-the-tests-9b1f"
PATH = f"/avatar/webhooks/{SECRET}/"
LINK = "https://files.avaturn.me/opaque.glb?sig=LINK-SECRET"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture(autouse=True)
def configured(sandbox, configure):
    configure(WEBHOOK_SECRETS=[SECRET, "an-older-secret-that-still-works"])


def post(payload, path=PATH, **options):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Client(enforce_csrf_checks=True).post(
        path, body, content_type="application/json", **options
    )


def export_ready(avatar_id=None, **more):
    told = {"avatar_id": str(avatar_id or uuid4()), "user_id": "NOBODY", "status": "ready"}
    return {**told, "event": "export.ready", "export_url": LINK, **more}


def test_new_message_is_kept_without_its_link():
    answer = post(export_ready())
    assert answer.status_code == 200
    row = WebhookEvent.objects.get()
    assert (row.event, row.state) == ("export.ready", Job.State.READY)
    assert row.payload.keys() == {"avatar_id", "user_id", "status", "event"}
    assert "LINK-SECRET" not in str(vars(row))


@pytest.mark.parametrize("secret", ["an-older-secret-that-still-works", SECRET])
def test_all_listed_secrets_work(secret):
    assert post(export_ready(), f"/avatar/webhooks/{secret}/").status_code == 200


@pytest.mark.parametrize("secret", ["wrong", SECRET[:-1], SECRET + "x", SECRET.upper()])
@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_wrong_secret_is_a_404(secret, method):
    answer = getattr(Client(), method)(f"/avatar/webhooks/{secret}/")
    assert answer.status_code == 404
    assert not WebhookEvent.objects.exists()


def test_without_secrets_there_is_no_webhook(configure):
    configure(WEBHOOK_SECRETS=[])
    assert post(export_ready()).status_code == 404


def test_a_look_is_harmless():
    assert Client().get(PATH).status_code == 200
    assert Client().head(PATH).status_code == 200
    assert Client().delete(PATH).status_code == 405
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{}", 400),
        (b'{"event": 3}', 400),
        (b'{"event": ""}', 400),
        (b"[" * 60000, 400),
        (b'{"event": "x", "number": NaN}', 400),
        (b'{"event": "x", "number": 1e999}', 200),
        (b'{"event": "x", "number": ' + b"9" * 4000 + b"}", 200),
        (b'{"event": "x\\u0000"}', 400),
        (b'{"event": "x", "\\u0000": 1, "lone": "\\ud800"}', 200),
        (b'{"event": "x", "a": "' + b"a" * 70000 + b'"}', 413),
        (b'{"event": "unheard.of"}', 200),
        (b'{"event": "export.ready"}', 200),
        (b'{"event": "export.ready", "avatar_id": "no uuid", "user_id": ["x"]}', 200),
        (b'{"event": "x", "avatar_id": "b1e73bec-3d90-df5c-01ff-2f1c46a28e7d"}', 200),
        (b'{"event": "render.ready", "avatar_id": null, "id": {}, "render_url": 5}', 200),
        (b'{"event": "avatar.ready", "avatar_id": 17, "user_id": 17}', 200),
        (json.dumps({"event": "e" * 5000, "k" * 900: "v", "n": {"a": [1] * 50}}).encode(), 200),
        (b'{"event": "export.ready", "avatar_id": "\\u0000", "user_id": "\\u0000"}', 200),
    ],
)
def test_odd_bodies(any_database, body, status):
    assert post(body).status_code == status
    assert WebhookEvent.objects.count() == (status == 200)


def test_same_message_in_parallel_has_one_effect(any_database, ann, sandbox):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    payload = {"event": "avatar.ready", "avatar_id": avatar_id, "status": "ready"}
    services.sync_profile(ann.avaturn_profile)
    sandbox.calls.clear()
    together, answers = threading.Barrier(10), []

    def deliver():
        together.wait()
        answers.append(post(payload).status_code)
        connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 10
    assert WebhookEvent.objects.count() == 1
    assert sandbox.count("listUserAvatars") == 1


@pytest.mark.parametrize("event", ["avatar.ready", "export.ready", "render.ready", "something.new"])
@pytest.mark.parametrize("again", [0, 1])
def test_queries(any_database, django_assert_max_num_queries, event, again):
    """Statements around transactions included."""
    payload = export_ready(event=event)
    for _ in range(again):
        post(payload)
    with django_assert_max_num_queries(1 if again else 3, connection=connections[any_database]):
        post(payload)


def test_the_answer_does_not_wait_for_the_work(ann, sandbox, django_assert_num_queries, rf):
    from django_avaturn.webhooks import receive

    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    payload = {
        "event": "avatar.ready",
        "avatar_id": avatar_id,
        "user_id": ann.avaturn_profile.avaturn_id,
    }
    sandbox.calls.clear()
    request = rf.post(PATH, json.dumps(payload), content_type="application/json")
    with django_assert_num_queries(1):
        response = receive(request, SECRET)
    assert not sandbox.calls
    response.close()
    assert sandbox.count("listUserAvatars") == 1
    assert Avatar.objects.filter(pk=avatar_id).exists()


def test_avatar_ready_is_confirmed_by_the_list(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    post({"event": "avatar.ready", "avatar_id": str(avatar.pk), "status": "ready"})
    avatar.refresh_from_db()
    assert avatar.status == "pending"  # as Avaturn says, whatever the message says
    sandbox.set_status(str(avatar.pk), "ready")
    post({"event": "avatar.ready", "avatar_id": str(avatar.pk), "status": "failed"})
    avatar.refresh_from_db()
    assert avatar.status == "ready"


@pytest.mark.parametrize("named", [{}, {"avatar_id": None}, {"avatar_id": "x", "user_id": ""}])
def test_avatar_ready_that_names_nobody_asks_for_nobody(ann, sandbox, named):
    services.get_profile(ann)  # has no avatars: a look-up for none would find this one
    sandbox.calls.clear()
    assert post({"event": "avatar.ready", **named}).status_code == 200
    assert not sandbox.calls
    assert "no such avatar" in WebhookEvent.objects.get().error


def test_avatar_ready_is_tried_again_when_avaturn_is_down(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    sandbox.fail_next("listUserAvatars", status=500)
    post({"event": "avatar.ready", "avatar_id": str(avatar.pk)})
    row = WebhookEvent.objects.get()
    assert (row.state, "500" in row.error) == (Job.State.PENDING, True)
    from django.core.management import call_command

    call_command("avaturn_process")
    avatar.refresh_from_db()
    assert avatar.status == "ready"


def test_export_ready_starts_what_waits_for_it(ann, sandbox):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.record_export(ann, avatar_id, {})
    AvatarFile.objects.update(due_at="2999-01-01T00:00Z")
    post(export_ready(avatar_id, user_id=ann.avaturn_profile.avaturn_id))
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY


@pytest.mark.parametrize("user_id", ["SOMEBODY-ELSE", "\0"])
def test_message_for_another_user_does_nothing(ann, sandbox, user_id):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.record_export(ann, avatar_id, {})
    AvatarFile.objects.update(due_at="2999-01-01T00:00Z")
    sandbox.calls.clear()
    post(export_ready(avatar_id, user_id=user_id))
    assert not sandbox.calls
    assert AvatarFile.objects.get(kind="model").state == Job.State.PENDING


def test_no_secret_and_no_link_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        post(export_ready())
        post(b"nonsense")
        post(b"x" * 70000)
        Client().delete(PATH)
    assert SECRET not in caplog.text
    assert "LINK-SECRET" not in caplog.text
