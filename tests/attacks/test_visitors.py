"""Visitors' secrets: fixed, stolen, guessed; and how often one may ask."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, AvaturnProfile, Guest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def guests(configure):
    configure(ALLOW_GUESTS=True)


def begin(client=None):
    client = client or Client()
    assert client.post("/avatar/sessions/", {}).status_code == 201
    profile = AvaturnProfile.objects.of(Guest(client.session[SESSION_KEY])).get()
    return client, Avatar.objects.create(profile=profile, status="ready")


def plant(client, value):
    """Put something into the session of a browser."""
    client.get("/avatar/")
    session = client.session
    session[SESSION_KEY] = value
    session.save()
    client.cookies["sessionid"] = session.session_key


def own(client):
    return [one["id"] for one in client.get("/avatar/avatars/").json().get("results", ())]


def test_secret_is_long_and_never_told():
    client, avatar = begin()
    secret = client.session[SESSION_KEY]
    assert len(secret) >= 43  # 256 bits
    pages = [client.get("/avatar/"), client.get("/avatar/profile/"), client.get("/avatar/avatars/")]
    for page in pages:
        for text in (secret, avatar.profile.guest):
            assert text not in page.content.decode() + str(page.headers) + str(page.cookies)
    assert secret not in repr(Guest(secret))
    assert len({begin()[0].session[SESSION_KEY] for _ in range(5)}) == 5


GUESSES = [
    lambda guest: guest,  # the digest, out of a stolen database
    lambda guest: hashlib.sha256(guest.encode()).hexdigest(),
    lambda guest: "",
    lambda guest: "%",
    lambda guest: "\x00",
    lambda guest: "' OR 1=1 --",
    lambda guest: None,
    lambda guest: 0,
    lambda guest: True,
    lambda guest: [guest],
    lambda guest: {"guest": guest},
]


@pytest.mark.parametrize("guess", GUESSES)
def test_digest_and_odd_values_open_nothing(guess):
    _, avatar = begin()
    eve = Client()
    plant(eve, guess(avatar.profile.guest))
    assert str(avatar.pk) not in own(eve)
    assert eve.get(f"/avatar/avatars/{avatar.pk}/").status_code in (401, 403, 404)


def test_planted_session_gives_no_more_than_the_visitors_own(ann, theirs):
    """Eve has had Ann's browser use a session of hers. Ann logs in."""
    eve, hers = begin()
    fixed = eve.cookies["sessionid"].value
    browser = Client()
    browser.cookies["sessionid"] = fixed
    assert own(browser) == [str(hers.pk)]
    browser.force_login(ann)
    assert browser.cookies["sessionid"].value != fixed
    assert not Session.objects.filter(pk=fixed).exists()
    assert own(eve) == []  # her cookie opens nothing any more
    assert eve.get(f"/avatar/avatars/{theirs.pk}/").status_code in (401, 403, 404)
    assert SESSION_KEY not in browser.session
    assert set(own(browser)) == {str(theirs.pk), str(hers.pk)}
    theirs.profile.refresh_from_db()
    assert theirs.profile.active_avatar_id in (None, theirs.pk)
    hers.refresh_from_db()
    assert hers.profile.user == ann


def test_claimed_secret_opens_nothing(ann):
    client, avatar = begin()
    secret = client.session[SESSION_KEY]
    client.force_login(ann)
    again = Client()
    plant(again, secret)
    assert own(again) == []
    assert again.get(f"/avatar/avatars/{avatar.pk}/").status_code in (401, 403, 404)


def test_who_logs_out_is_another_visitor(ann):
    client, _ = begin()
    client.force_login(ann)
    client.logout()
    assert own(client) == []
    assert SESSION_KEY not in client.session


def test_secret_counts_for_nothing_beside_a_log_in(ann, theirs):
    other, avatar = begin()
    client = Client()
    client.force_login(ann)
    session = client.session
    session[SESSION_KEY] = other.session[SESSION_KEY]
    session.save()
    assert own(client) == [str(theirs.pk)]
    assert client.delete(f"/avatar/avatars/{avatar.pk}/").status_code == 404
    assert own(other) == [str(avatar.pk)]


@pytest.fixture
def rate(configure):
    """Three an hour, by a clock that stands still."""
    configure(ALLOW_GUESTS=True, SESSION_THROTTLE="3/hour")
    timer, SimpleRateThrottle.timer = SimpleRateThrottle.timer, staticmethod(lambda: 1e9)
    yield 3
    SimpleRateThrottle.timer = timer


def address(number):
    return {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}


def chain(number):
    return {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}


def cloud(number):
    return {"CF-Connecting-IP": f"203.0.113.{number}", "True-Client-IP": f"203.0.113.{number}"}


def forwarded(number):
    return {"Forwarded": f"for=203.0.113.{number}", "Client-IP": f"203.0.113.{number}"}


HEADERS = [address, chain, cloud, forwarded]
ASKED = [
    lambda n: {"type": ["create", "create_or_edit_existing"][n % 2]},
    lambda n: {"start_over": n % 2 == 0},
    lambda n: {"nonsense": n},
    lambda n: {"avatar_id": str(uuid4())},
]


def statuses(ask, rate):
    return [ask(number).status_code for number in range(rate + 3)]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("asked", ASKED)
def test_user_is_counted_whatever_is_asked_from_wherever(ann, rate, headers, asked):
    def ask(number):
        client = Client()  # a new browser each time
        client.force_login(ann)
        path = f"/avatar/sessions/?x={number}"
        kind = {"content_type": "application/json"}
        return client.post(path, asked(number), headers=headers(number), **kind)

    got = statuses(ask, rate)
    assert got[rate:] == [429] * 3
    assert 429 not in got[:rate]


@pytest.mark.parametrize(("proxies", "headers"), [(0, one) for one in HEADERS] + [(1, chain)])
def test_visitors_are_counted_by_address_whatever_they_say(rate, settings, proxies, headers):
    """With NUM_PROXIES; without it the framework believes the whole header."""
    settings.REST_FRAMEWORK = {"NUM_PROXIES": proxies}
    got = statuses(lambda n: Client().post("/avatar/sessions/", {}, headers=headers(n)), rate)
    assert got == [201] * rate + [429] * 3


@pytest.mark.parametrize("route", ["exports/", "renders/", "customization/"])
def test_routes_that_ask_avaturn_have_a_rate(as_ann, theirs, rate, route):
    method = as_ann.put if route == "customization/" else as_ann.post
    path = f"/avatar/avatars/{theirs.pk}/{route}"
    kind = {"content_type": "application/json"}
    got = statuses(lambda n: method(path, {}, headers=address(n), **kind), rate)
    assert got[rate:] == [429] * 3
    assert 429 not in got[:rate]


def test_one_user_does_not_use_up_anothers_rate(ann, bob, rate):
    for user, expected in ((ann, [201] * 3 + [429] * 3), (bob, [201] * 3 + [429] * 3)):
        client = Client()
        client.force_login(user)
        assert statuses(lambda n, c=client: c.post("/avatar/sessions/", {}), rate) == expected


def test_inactive_user_is_no_visitor_with_the_users_avatars(ann, theirs):
    client = Client()
    client.force_login(ann)
    get_user_model().objects.update(is_active=False)
    assert own(client) == []
    assert client.delete(f"/avatar/avatars/{theirs.pk}/").status_code in (401, 403, 404)
    assert Avatar.objects.filter(pk=theirs.pk).exists()
