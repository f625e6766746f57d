"""Whatever is posted to the webhook: one row at the most, without a link, on every database."""

from __future__ import annotations

import json

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from django_avaturn import services
from django_avaturn.models import WebhookEvent
from django_avaturn.webhooks import receive
from tests.databases import AVAILABLE

from .inputs import ANY_TEXT, JSON, LINKS, UUIDS, encoded, objects, same, tries

SECRET = "a-secret-of-the-tests-9b1f"
EVENTS = st.sampled_from(["avatar.ready", "export.ready", "render.ready", "unheard.of"])
FIELDS = {
    "event": EVENTS | ANY_TEXT,
    "avatar_id": UUIDS,
    "id": UUIDS,
    "user_id": ANY_TEXT,
    "status": ANY_TEXT,
    "export_url": LINKS,
    "render_url": LINKS,
}
MESSAGES = objects(FIELDS)
WITH_EVENT = st.builds(lambda event, told: {**told, "event": event}, EVENTS | ANY_TEXT, MESSAGES)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture(autouse=True)
def configured(sandbox, configure):
    configure(WEBHOOK_SECRETS=[SECRET])


def post(body):
    request = RequestFactory().generic("POST", f"/avatar/webhooks/{SECRET}/", body)
    return receive(request, SECRET)


def is_kept_as_it_should_be(row):
    stored = WebhookEvent.objects.get(pk=row.pk)
    assert same(stored.payload, row.payload)
    assert 0 < len(stored.event) <= 64
    texts = [text for text in stored.payload.values() if isinstance(text, str)]
    assert not [text for text in texts if ":" in text or len(text) > 190]
    assert not [name for name in stored.payload if name.lower().endswith("url")]


@tries(120)
@given(body=st.binary(max_size=100) | JSON.map(encoded) | MESSAGES.map(encoded))
def test_any_body(body):
    before = WebhookEvent.objects.count()
    answer = post(body)
    assert answer.status_code in {200, 400}
    assert WebhookEvent.objects.count() - before <= (answer.status_code == 200)
    assert post(body).status_code == answer.status_code
    assert WebhookEvent.objects.count() - before <= (answer.status_code == 200)


@tries(40)
@given(message=WITH_EVENT)
def test_any_message_on_any_database(any_database, message):
    if post(encoded(message)).status_code == 200:
        is_kept_as_it_should_be(WebhookEvent.objects.latest("pk"))


@tries(60)
@given(message=WITH_EVENT, mine=st.booleans(), avatar=st.booleans())
def test_the_work_that_follows_knows_what_to_do(ann, make_avatar, message, mine, avatar):
    """Everything that is raised is noted down in the row; nothing gets out."""
    profile = services.get_profile(ann)
    known = profile.avatars.first() or make_avatar(ann)
    message |= {"user_id": profile.avaturn_id} if mine else {}
    message |= {"avatar_id": str(known.pk)} if avatar else {}
    answer = post(encoded(message))
    answer.close()
    assert answer.status_code in {200, 400}
    assert not WebhookEvent.objects.filter(error__contains="Traceback").exists()


def test_the_largest_body_that_is_taken(configure):
    body = json.dumps({"event": "x", "more": "y" * 70_000}).encode()
    assert post(body).status_code == 413
    assert post(body[:300]).status_code == 400
