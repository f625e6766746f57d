"""Consent by REST: who has yet to agree is told so, and what was agreed to is shown and erased."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.utils.dateparse import parse_datetime

from django_avaturn import services
from django_avaturn.guests import SESSION_KEY
from django_avaturn.models import Avatar, AvaturnProfile, Guest
from tests.rest.test_photos import parts
from tests.rest.test_views import JSON, send

VERSION = "2026-11"
SESSIONS, AVATARS, PROFILE = "/avatar/sessions/", "/avatar/avatars/", "/avatar/profile/"


@pytest.fixture(autouse=True)
def asking(sandbox, configure):
    configure(CONSENT_VERSION=VERSION)


def open_session(client, **fields):
    return client.post(SESSIONS, fields, content_type=JSON)


def send_photos(client, **fields):
    return client.post(AVATARS, parts(**fields))


def export(client, **fields):
    avatar_id = uuid4()
    return send(client, "post", f"{AVATARS}{avatar_id}/exports/", {"avatarId": str(avatar_id)})


@pytest.mark.parametrize("path", [open_session, send_photos, export])
@pytest.mark.parametrize("fields", [{}, {"consent": "2026-10"}, {"consent": ""}])
def test_without_consent(as_ann, sandbox, path, fields):
    answer = path(as_ann, **fields)
    assert (answer.status_code, answer.json().keys()) == (403, {"code", "detail"})
    assert answer.json()["code"] == "consent_required"
    assert "Agree" in answer.json()["detail"]
    assert "reload" in answer.json()["detail"]
    assert not sandbox.calls
    assert not AvaturnProfile.objects.exists()


@pytest.mark.parametrize("path", [open_session, send_photos])
def test_agreeing(as_ann, sandbox, path):
    assert path(as_ann, consent=VERSION).status_code == 201
    assert AvaturnProfile.objects.get().consent_version == VERSION
    assert path(as_ann).status_code == 201


def test_a_page_from_before_the_step_was_switched_off_goes_on(as_ann, configure):
    configure(CONSENT_VERSION="")
    assert open_session(as_ann, consent=VERSION).status_code == 201


@pytest.mark.parametrize("consent", [["2026-11"], {"version": VERSION}, True, None, "x" * 65, "\0"])
def test_consent_that_is_no_version(as_ann, sandbox, consent):
    answer = open_session(as_ann, consent=consent)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"].keys() == {"consent"}
    assert not AvaturnProfile.objects.exists()


def test_a_request_that_does_not_fit_records_nothing(as_ann, sandbox):
    assert open_session(as_ann, consent=VERSION, type="edit_existing").status_code == 400
    assert send_photos(as_ann, consent=VERSION, body_type=None).status_code == 400
    assert not AvaturnProfile.objects.exists()


def test_profile_shows_it_and_deleting_erases_it(as_ann, sandbox):
    empty = as_ann.get(PROFILE).json()
    assert (empty["consent_version"], empty["consented_at"]) == ("", None)
    open_session(as_ann, consent=VERSION)
    shown = as_ann.get(PROFILE).json()
    assert shown.keys() == empty.keys()
    assert shown["consent_version"] == VERSION
    assert parse_datetime(shown["consented_at"]) == AvaturnProfile.objects.get().consented_at
    assert as_ann.delete(PROFILE).status_code == 204
    assert as_ann.get(PROFILE).json() == empty
    assert open_session(as_ann).json()["code"] == "consent_required"


def test_visitors_agree_and_keep_it_when_they_log_in(ann, sandbox, configure):
    configure(ALLOW_GUESTS=True)
    visitor = Client()
    assert open_session(visitor).status_code == 403
    assert open_session(visitor, consent=VERSION).status_code == 201
    guest = Guest(visitor.session[SESSION_KEY])
    assert AvaturnProfile.objects.of(guest).get().consent_version == VERSION
    assert open_session(Client()).status_code == 403  # another visitor
    visitor.force_login(ann)
    assert open_session(visitor).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_known_user_costs_one_query_more(as_ann, sandbox, django_assert_num_queries):
    open_session(as_ann, consent=VERSION)
    sandbox.calls.clear()
    with django_assert_num_queries(4):  # session, user, consent, profile
        open_session(as_ann)
    assert len(sandbox.calls) == 1


def test_what_is_there_already_stays_within_reach(as_ann, ann, sandbox, make_avatar):
    """Looking, choosing and above all deleting need no consent."""
    avatar = make_avatar(ann)
    path = f"{AVATARS}{avatar.pk}/"
    assert send(as_ann, "get", path).status_code == 200
    assert send(as_ann, "patch", path, {"active": True}).status_code == 200
    assert send(as_ann, "post", SESSIONS, {"avatar_id": str(avatar.pk)}).status_code == 403
    assert send(as_ann, "delete", path).status_code == 204
    assert not Avatar.objects.exists()
    assert services.get_profile(ann).consent_version == ""


def test_form_is_described(as_ann):
    described = as_ann.options(AVATARS).json()["actions"]["POST"]["consent"]
    assert (described["type"], described["required"]) == ("string", False)
    assert "consent" in described["help_text"]
