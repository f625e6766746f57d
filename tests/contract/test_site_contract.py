"""The site's REST API answers as its own schema says, whoever asks and whatever is sent."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, Guest

from .site import aim, credentials, ready_avatar, schema_of_the_site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SAFE = {"GET", "HEAD", "OPTIONS"}
schema = schema_of_the_site()

pytestmark = pytest.mark.django_db(transaction=True)


def bounded(examples):
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def unlimited(sandbox, configure):
    configure(SESSION_THROTTLE=None)


@pytest.fixture
def cookies_of_ann(as_ann):
    return credentials(as_ann)


@schema.parametrize()
@bounded(8)
def test_owner(case, ann, cookies_of_ann, sandbox):
    aim(case, ready_avatar(ann, sandbox))
    case.call_and_validate(**cookies_of_ann, checks=CHECKS)


@schema.include(operation_id="avaturn_set_customization").parametrize()
@bounded(30)
def test_what_does_not_fit_is_refused(case, ann, cookies_of_ann, sandbox):
    """JSON that is checked closely; a form's fields are texts that may say ``true`` and so on."""
    aim(case, ready_avatar(ann, sandbox))
    case.call_and_validate(**cookies_of_ann, checks=[*CHECKS, negative_data_rejection])


@pytest.fixture
def cookies_of_bob(bob):
    client = Client()
    client.force_login(bob)
    return credentials(client)


@schema.parametrize()
@bounded(4)
def test_stranger(case, ann, cookies_of_bob, sandbox):
    """Whatever is sent, nothing of somebody else is told of, or touched."""
    avatar = ready_avatar(ann, sandbox)
    before = Avatar.objects.filter(pk=avatar.pk).values().get()
    aim(case, avatar)
    answer = case.call_and_validate(**cookies_of_bob, checks=CHECKS)
    if "{id}" in case.path:
        assert answer.status_code in {400, 404}
    assert str(avatar.pk) not in answer.text
    assert Avatar.objects.filter(pk=avatar.pk).values().get() == before
    assert str(avatar.pk) in sandbox.users[avatar.avaturn_id].avatars


@schema.parametrize()
@bounded(4)
def test_nobody(case, ann, sandbox):
    aim(case, ready_avatar(ann, sandbox))
    sandbox.calls.clear()
    answer = case.call_and_validate(**credentials(Client()), checks=CHECKS)
    assert answer.status_code in {401, 403}
    assert not sandbox.calls


@schema.parametrize()
@bounded(3)
def test_without_the_csrf_token(case, ann, cookies_of_ann, sandbox):
    aim(case, ready_avatar(ann, sandbox))
    answer = case.call_and_validate(cookies=cookies_of_ann["cookies"], checks=CHECKS)
    assert (answer.status_code == 403) is (case.method not in SAFE)


@pytest.fixture
def visitor(configure, sandbox):
    """Somebody without an account who has begun."""
    configure(ALLOW_GUESTS=True)
    client = Client()
    assert client.post("/avatar/sessions/").status_code == 201
    return Guest(client.session[SESSION_KEY]), credentials(client)


@schema.parametrize()
@bounded(4)
def test_visitor(case, visitor, sandbox):
    guest, cookies = visitor
    aim(case, ready_avatar(guest, sandbox))
    answer = case.call_and_validate(**cookies, checks=CHECKS)
    assert answer.status_code not in {401, 403}
