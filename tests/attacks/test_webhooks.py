"""Messages that Avaturn has never sent, and an address that somebody would like to know."""

from __future__ import annotations

import json
import sys
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.http import UnreadablePostError
from django.test import Client

from django_avaturn.models import AvatarFile, WebhookEvent
from django_avaturn.webhooks import MAX_BODY
from tests.attacks.conftest import SECRET, snapshot, told
from tests.databases import AVAILABLE, CurrentDatabase

PATH = f"/avatar/webhooks/{SECRET}/"
LINK = "https://assets.avaturn.me/stolen.webp"
DEEP = sys.getrecursionlimit()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(configure):
    configure(WEBHOOK_SECRETS=[SECRET])


def post(body, **options):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    options.setdefault("content_type", "application/json")
    return Client(enforce_csrf_checks=True).generic("POST", PATH, body, **options)


@pytest.fixture
def strictest_database():
    """PostgreSQL, which takes the fewest texts, where it answers."""
    CurrentDatabase.alias = "postgres" if "postgres" in AVAILABLE else "default"
    yield
    CurrentDatabase.alias = "default"


FORGED = {
    "somebody else's user id": {"event": "avatar.ready", "user_id": "ANOTHER-PROJECTS"},
    "an avatar of another project": {"event": "avatar.ready", "avatar_id": str(uuid4())},
    "another's user for this avatar": {"event": "export.ready", "user_id": "EVES"},
    "a picture that nobody ordered": {
        "event": "render.ready",
        "id": str(uuid4()),
        "render_url": LINK,
    },
    "a picture under no id": {"event": "render.ready", "id": None, "render_url": LINK},
    "a picture that has failed": {"event": "render.ready", "status": "failed", "id": "None"},
    "a link to a model": {"event": "export.ready", "user_id": "EVES", "export_url": LINK},
    "an event of ours": {"event": "avatar.deleted", "user_id": "ANNS-REMOTE-USER"},
    "a list for a user": {"event": "avatar.ready", "user_id": ["ANNS-REMOTE-USER"]},
    "an object for a user": {"event": "avatar.ready", "user_id": {"$ne": ""}},
    "a look-up for a user": {"event": "avatar.ready", "user_id": "%", "user_id__contains": "A"},
    "truth for a user": {"event": "avatar.ready", "user_id": True},
    "a number for a user": {"event": "avatar.ready", "user_id": 2**70},
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_message_does_nothing(theirs, sandbox, name):
    message = FORGED[name]
    if message["event"] != "avatar.ready":
        message = {"avatar_id": str(theirs.pk), **message}
    before = snapshot()
    assert post(message).status_code == 200
    after = snapshot()
    assert len(after.pop("webhookevent")) == 1
    before.pop("webhookevent")
    assert after == before
    assert not sandbox.calls


@pytest.mark.parametrize("replays", [2, 5])
def test_replayed_message_is_heard_once(theirs, sandbox, replays):
    AvatarFile.objects.filter(kind="model").update(state="pending", due_at=None)
    answers = {
        post({"event": "export.ready", "avatar_id": str(theirs.pk)}).content for _ in "x" * replays
    }
    assert answers == {b""}
    assert WebhookEvent.objects.count() == 1
    assert sandbox.count("createExport") <= 1


def nested(depth, opening=b"[", closing=b"]"):
    return b'{"event": "x", "avatar_id": ' + opening * depth + b"1" + closing * depth + b"}"


ODD = {
    "as deep as goes": nested(DEEP - 200),
    **{f"about the limit, {depth}": nested(DEEP + depth) for depth in range(-90, 10, 5)},
    "objects in objects": nested(4000, b'{"a":', b"}"),
    "only openings": b'{"event": "x", "a": ' + b'{"a":[' * 9000,
    "a number of 60,000 digits": b'{"event": "x", "avatar_id": ' + b"7" * 60_000 + b"}",
    "a float of 60,000 digits": b'{"event": "x", "user_id": 0.' + b"7" * 60_000 + b"}",
    "minus infinity": b'{"event": "x", "user_id": -Infinity}',
    "a huge exponent": b'{"event": "x", "user_id": 1e99999999, "avatar_id": -1e-99999999}',
    "the same key twice": b'{"event": "x", "event": "y", "avatar_id": 1, "avatar_id": 2}',
    "many keys": json.dumps({"event": "x", **{f"k{n}": n for n in range(4000)}}).encode(),
    "keys that are cut to the same": json.dumps({"event": "x", "k" * 64: 1, "k" * 65: 2}).encode(),
    "a lone surrogate as event": b'{"event": "\\ud83d"}',
    "a lone surrogate as key": b'{"event": "x", "\\udc00": "\\udc00", "user_id": "\\ud800"}',
    "a surrogate in UTF-8": b'{"event": "x\xed\xa0\x80"}',
    "NUL": b'{"event": "x", "status": "a\\u0000b", "id": "\\u0000", "avatar_id": "\\u0000"}',
    "raw NUL": b'{"event": "x\x00"}',
    "right to left": '{"event": "x\u202egpj"}'.encode(),
    "escape sequences": b'{"event": "x\\u001b[2J\\u001b]0;owned\\u0007"}',
    "UTF-16": '{"event": "x"}'.encode("utf-16"),
    "UTF-7": b"+AHsAIg-event+ACI-:+ACI-x+ACIAfQ-",
    "a byte order mark": b'\xef\xbb\xbf{"event": "x"}',
    "gzip": b"\x1f\x8b\x08\x00" + bytes(60),
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "form": b"event=avatar.ready&user_id=ANNS-REMOTE-USER",
    "pickle": b"cposix\nsystem\n(S'id'\ntR.",
    "exactly as long as allowed": b'{"event": "' + b"x" * (MAX_BODY - 13) + b'"}',
    "an emoji": '{"event": "x", "status": "\U0001f9d1\u200d\U0001f680"}'.encode(),
}


@pytest.mark.django_db(databases=["default", *AVAILABLE])
@pytest.mark.parametrize("name", ODD)
def test_odd_body_is_no_error(strictest_database, name):
    answer = post(ODD[name])
    assert answer.status_code in (200, 400)
    assert WebhookEvent.objects.count() == (answer.status_code == 200)


TYPES = [
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json; charset=zlib", "application/xml",
    "application/json; charset=utf-16",
]  # fmt: skip


@pytest.mark.parametrize("content_type", TYPES)
def test_content_type_is_not_asked(content_type):
    assert post({"event": "x"}, content_type=content_type).status_code == 200
    assert post(b"event=x", content_type=content_type).status_code == 400


@pytest.mark.parametrize("size", [MAX_BODY + 1, 50 * 2**20])
def test_oversized_body_is_read_no_further_than_allowed(size, monkeypatch):
    from django.core.handlers.wsgi import WSGIRequest

    sizes = []
    read = WSGIRequest.read
    monkeypatch.setattr(WSGIRequest, "read", lambda self, n: sizes.append(n) or read(self, n))
    assert post(b"x" * size).status_code == 413
    assert sizes == [MAX_BODY + 1]


def test_sender_who_hangs_up_is_no_error_of_ours(monkeypatch):
    def hung_up(self, size):
        raise UnreadablePostError("connection reset")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest.read", hung_up)
    assert post({"event": "x"}).status_code == 400
    assert not WebhookEvent.objects.exists()


WRONG = [
    "x",
    SECRET[:-1],
    SECRET + "x",
    SECRET.upper(),
    SECRET[::-1],
    " " + SECRET,
    "%00",
    "*" * 5000,
]
METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]


@pytest.mark.parametrize("secret", WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("method", METHODS)
def test_wrong_secret_tells_as_much_as_no_page(secret, method):
    client = Client(enforce_csrf_checks=True)
    ask = getattr(client, method)
    nowhere = told(ask("/avatar/no-such-page/"))
    assert nowhere[0] == 404
    assert told(ask(f"/avatar/webhooks/{secret}/")) == nowhere
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("method", [method for method in METHODS if method != "post"])
def test_right_secret_by_another_method_changes_nothing(method):
    answer = getattr(Client(), method)(PATH, headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert not WebhookEvent.objects.exists()


def test_database_down_is_a_500_that_avaturn_tries_again(monkeypatch):
    def down(*args, **kwargs):
        raise DatabaseError("down")

    monkeypatch.setattr(WebhookEvent, "save", down)
    client = Client(raise_request_exception=False)
    assert client.post(PATH, b'{"event": "x"}', content_type="text/plain").status_code == 500
