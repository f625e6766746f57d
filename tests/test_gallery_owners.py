"""The gallery of a visitor without an account, and on Avaturn's plan without API."""

from __future__ import annotations

import pytest
from django.test import Client

from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, Guest
from tests import cards

FREE = {"API_TOKEN": "", "PROJECT_URL": "https://plaza.avaturn.dev"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def guests(configure):
    """The site lets visitors in."""
    configure(ALLOW_GUESTS=True, GUEST_DAYS=9)


def browser_of(guest: Guest) -> Client:
    """A browser whose session has the visitor's secret."""
    client = Client()
    session = client.session
    session[SESSION_KEY] = guest.secret
    session.save()
    return client


@pytest.fixture
def guest(db, guests) -> Guest:
    return Guest("secret-of-a-visitor")


@pytest.fixture
def other_guest(guest) -> Guest:
    return Guest("secret-of-another")


@pytest.fixture
def free_plan(configure):
    configure(**FREE)


@pytest.mark.parametrize("count", [1, 3])
def test_a_visitor_sees_own_avatars_and_no_others(
    guest, other_guest, ann, django_assert_num_queries, count
):
    own = {str(cards.card(guest).pk) for _ in range(count)}
    cards.card(other_guest)
    cards.card(ann)
    client = browser_of(guest)
    with django_assert_num_queries(4):  # session, count, avatars, files
        page = client.get(cards.PAGE).text
    assert set(cards.ids(page)) == own
    assert guest.secret not in page and guest.digest not in page


def test_a_visitor_is_told_what_becomes_of_the_avatars(guest):
    cards.card(guest)
    page = browser_of(guest).get(cards.PAGE, {"a": "b"}).text
    assert "You are not logged in." in page and "deleted 9 days after" in page
    assert page.count('<a href="/accounts/login/?next=/avatar/%3Fa%3Db">Log in or sign up</a>') == 1


def test_a_visitor_who_has_made_nothing_yet(client, guest, ann, django_assert_num_queries):
    cards.card(ann)
    with django_assert_num_queries(0):
        response = client.get(cards.PAGE)
    assert "No avatar yet" in response.text and "need no account" in response.text
    assert 'data-type="create"' in response.text
    assert "kept here for 9 days, and for good once you log in" in response.text
    assert "You are not logged in." not in response.text
    assert SESSION_KEY not in client.session


def test_a_user_is_told_nothing_about_visitors(as_ann, ann, guests):
    assert "need no account" not in as_ann.get(cards.PAGE).text
    cards.card(ann)
    assert "avaturn-visitor" not in as_ann.get(cards.PAGE).text


@pytest.mark.parametrize("made", [True, False])
def test_without_visitors_the_session_opens_nothing(guest, configure, made):
    cards.card(guest)
    configure(ALLOW_GUESTS=False)
    client = browser_of(guest) if made else Client()
    assert client.get(cards.PAGE).url == "/accounts/login/?next=/avatar/"
    assert cards.post(client, Avatar.objects.get(), "delete").status_code == 302
    assert Avatar.objects.count() == 1


@pytest.mark.parametrize("action", ["activate", "fetch", "delete"])
def test_what_visitors_can_do_they_can_do_to_their_own(guest, other_guest, action):
    own, theirs = cards.card(guest, "lost"), cards.card(other_guest, "lost")
    client = browser_of(guest)
    assert cards.post(client, theirs, action).status_code == 404
    assert cards.post(client, own, action).url == cards.PAGE
    theirs = Avatar.objects.get(pk=theirs.pk)
    assert not theirs.active and theirs.model.state == "failed"
    own = Avatar.objects.filter(pk=own.pk).first()
    assert {
        "activate": own and own.active,
        "fetch": own and own.model.state == "pending",
        "delete": own is None,
    }[action]


def test_a_visitor_needs_the_token_of_the_form(guest):
    avatar = cards.card(guest)
    client = browser_of(guest)
    client.handler.enforce_csrf_checks = True
    assert cards.post(client, avatar, "delete").status_code == 403
    assert Avatar.objects.exists()


def test_card_of_an_unconfirmed_avatar(as_ann, ann, free_plan):
    avatar = cards.card(ann, avaturn_id="", supports_face_animations=True)
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert "Not confirmed by Avaturn" in page and "cannot ask Avaturn" in page
    assert "sign in there again" in page
    assert "<avaturn-editor" not in page
    assert cards.buttons(page) == {"activate", "delete"}
    assert (
        "copy is deleted, with its files. Avaturn keeps its own" in page
        and "deleted here and at" not in page
    )
    assert "data-avaturn-pending" not in page


@pytest.mark.parametrize("state", ["missing", "lost"])
def test_the_model_of_an_unconfirmed_avatar_comes_from_the_editor_alone(as_ann, ann, state):
    avatar = cards.card(ann, state, avaturn_id="")
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert "Save the avatar once more in the editor." in page
    assert "sign in there again" not in page  # this site has the API by now
    assert cards.buttons(page) == {"delete"}
    response = cards.post(as_ann, avatar, "fetch")
    assert response.url == cards.PAGE
    assert Avatar.objects.get().files.filter(state="pending").count() == 0


def test_an_unconfirmed_avatar_in_the_making_is_not_followed(as_ann, ann):
    cards.card(ann, "processing", avaturn_id="")
    assert 'data-pending=""' in as_ann.get(cards.PAGE).text


def test_plan_without_api_says_that_one_signs_in_to_avaturn(as_ann, ann, configure):
    told = "asks you to sign in to Avaturn"
    assert told not in as_ann.get(cards.PAGE).text
    configure(**FREE)
    page = as_ann.get(cards.PAGE).text
    assert told in page and "New avatar" in page
