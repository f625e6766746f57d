"""The REST API: own only, CSRF, stable codes, no upstream call for whoever may not."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.versioning import URLPathVersioning
from rest_framework.views import APIView

from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvaturnProfile
from tests.conftest import TOKEN

JSON = "application/json"


class Everybody(AvaturnHooks):
    """A site whose avatars are public."""

    def may_view(self, user, avatar):
        return True


def routes(avatar_id):
    """Every route and method there is."""
    avatar = f"/avatar/avatars/{avatar_id}/"
    return [
        ("post", "/avatar/sessions/", {"avatar_id": str(avatar_id)}),
        ("get", "/avatar/avatars/", None),
        ("get", avatar, None),
        ("patch", avatar, {"active": True}),
        ("delete", avatar, None),
        ("post", f"{avatar}exports/", {"avatarId": str(avatar_id)}),
        ("get", "/avatar/profile/", None),
        ("delete", "/avatar/profile/", None),
    ]


def send(client, method, path, data=None, **headers):
    return getattr(client, method)(path, data, content_type=JSON, headers=headers)


def test_session(as_ann, sandbox):
    response = send(as_ann, "post", "/avatar/sessions/")
    assert response.status_code == 201
    body = response.json()
    assert body.keys() == {"id", "url", "type"}
    assert body["type"] == "create_or_edit_existing"
    assert response["Cache-Control"] == "no-store"
    assert TOKEN not in response.text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"type": "edit_existing"}, "avatar_id"),
        ({"type": "create", "avatar_id": str(uuid4())}, "avatar_id"),
        ({"type": "edit-existing"}, "type"),
        ({"avatar_id": "me"}, "avatar_id"),
        ({"type": ["create"]}, "type"),
    ],
)
def test_session_with_bad_input(as_ann, sandbox, data, field):
    response = send(as_ann, "post", "/avatar/sessions/", data)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert field in response.json()["errors"]
    assert not sandbox.calls


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "null", '{"type": null}', "\xff"])
def test_body_that_is_no_object(as_ann, sandbox, body):
    response = as_ann.post("/avatar/sessions/", body.encode("latin-1"), content_type=JSON)
    assert response.status_code in {400, 201}  # an empty or null body asks for the default
    assert response.status_code == 400 or body == "null"
    assert {"code", "detail"} <= response.json().keys() or body == "null"


def test_list_is_own_and_paginated(as_ann, ann, bob, sandbox, make_avatar):
    mine = [make_avatar(ann) for _ in range(3)]
    make_avatar(bob)
    body = send(as_ann, "get", "/avatar/avatars/?page_size=2").json()
    assert body["count"] == 3
    rest = send(as_ann, "get", body["next"]).json()
    ids = [one["id"] for one in [*body["results"], *rest["results"]]]
    assert ids == [str(avatar.pk) for avatar in reversed(mine)]


def test_list_costs_the_same_for_one_and_for_twenty(
    as_ann, ann, sandbox, make_avatar, django_assert_num_queries
):
    profile = make_avatar(ann).profile
    for number in (0, 19):
        Avatar.objects.bulk_create(Avatar(profile=profile) for _ in range(number))
        sandbox.calls.clear()
        with django_assert_num_queries(5):  # session, user, count, rows, files
            send(as_ann, "get", "/avatar/avatars/")
        assert not sandbox.calls


def test_activate(as_ann, ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    path = f"/avatar/avatars/{avatar.pk}/"
    assert send(as_ann, "get", path).json()["active"] is False
    assert send(as_ann, "patch", path, {"active": True}).json()["active"] is True
    assert send(as_ann, "get", path).json()["active"] is True
    for wrong in ({"active": False}, {}, {"status": "ready"}):
        assert send(as_ann, "patch", path, wrong).status_code == 400
    assert send(as_ann, "get", path).json()["active"] is True


@pytest.mark.django_db(transaction=True)
def test_delete(as_ann, ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    path = f"/avatar/avatars/{avatar.pk}/"
    assert send(as_ann, "delete", path).status_code == 204
    assert not sandbox.users[avatar.profile.avaturn_id].avatars
    assert send(as_ann, "delete", path).status_code == 404


@pytest.mark.parametrize("number", [0, 3, 5])
def test_deeply_nested_json_is_a_bad_request(as_ann, ann, sandbox, make_avatar, number):
    method, path, _ = routes(make_avatar(ann).pk)[number]
    answer = getattr(as_ann, method)(path, "[" * 60_000, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.django_db(transaction=True)
def test_profile(as_ann, ann, sandbox, make_avatar):
    empty = send(as_ann, "get", "/avatar/profile/").json()
    assert (empty["linked"], empty["avatars"]) == (False, [])
    assert not sandbox.calls
    avatar = make_avatar(ann)
    full = send(as_ann, "get", "/avatar/profile/").json()
    assert full.keys() == empty.keys()
    assert (full["linked"], full["avatars"][0]["id"]) == (True, str(avatar.pk))
    assert send(as_ann, "delete", "/avatar/profile/").status_code == 204
    assert sandbox.users == {}
    assert not AvaturnProfile.objects.exists()


@pytest.mark.parametrize("number", range(8))
def test_anonymous_is_refused_without_a_call(db, sandbox, number):
    response = send(Client(), *routes(uuid4())[number])
    assert response.status_code in {401, 403}
    assert response.json()["code"] == "not_authenticated"
    assert not sandbox.calls


@pytest.mark.parametrize("number", range(8))
def test_unsafe_requests_need_the_csrf_token(ann, sandbox, make_avatar, number):
    method, path, data = routes(make_avatar(ann).pk)[number]
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    sandbox.calls.clear()
    response = send(client, method, path, data)
    if method == "get":
        assert response.status_code == 200
    else:
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert not sandbox.calls
    assert Avatar.objects.exists()


@pytest.mark.parametrize("number", [0, 2, 3, 4, 5])
def test_somebody_elses_avatar_is_a_404_without_a_call(
    as_ann, ann, bob, sandbox, make_avatar, number
):
    make_avatar(ann)
    theirs = make_avatar(bob)
    sandbox.calls.clear()
    there = send(as_ann, *routes(theirs.pk)[number])
    assert (there.status_code, there.json()["code"]) == (404, "not_found")
    assert not sandbox.calls
    assert Avatar.objects.filter(pk=theirs.pk).exists()
    # and it tells no more than for an avatar that exists nowhere
    assert send(as_ann, *routes(uuid4())[number]).content == there.content


def test_hook_may_show_somebody_elses_avatar(as_ann, bob, sandbox, make_avatar, configure):
    configure(HOOKS=f"{__name__}.Everybody")
    path = f"/avatar/avatars/{make_avatar(bob).pk}/"
    assert send(as_ann, "get", path).status_code == 200
    assert send(as_ann, "patch", path, {"active": True}).status_code == 404
    assert send(as_ann, "delete", path).status_code == 404


def test_sessions_are_throttled_per_user(as_ann, bob, sandbox, configure):
    configure(SESSION_THROTTLE="2/hour")
    codes = [send(as_ann, "post", "/avatar/sessions/").status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    refused = send(as_ann, "post", "/avatar/sessions/")
    assert refused.json()["code"] == "throttled"
    assert int(refused["Retry-After"]) > 0
    assert sandbox.count("createSession") == 2
    other = Client()
    other.force_login(bob)
    assert send(other, "post", "/avatar/sessions/").status_code == 201
    configure(SESSION_THROTTLE=None)
    assert send(as_ann, "post", "/avatar/sessions/").status_code == 201
    assert SimpleRateThrottle.THROTTLE_RATES.get("avaturn_session") is None


BAD_DAYS = [
    ({"status": 500}, 502, "avaturn_unavailable"),
    ({"drop": True}, 502, "avaturn_unavailable"),
    ({"status": 200, "body": b"<html>"}, 502, "avaturn_unavailable"),
    ({"status": 200, "body": b"null"}, 502, "avaturn_unavailable"),
    ({"status": 401}, 502, "avaturn_rejected"),
    ({"status": 402}, 502, "avaturn_rejected"),
    ({"status": 422}, 502, "avaturn_rejected"),
    ({"status": 404}, 410, "avatar_gone"),
    ({"status": 429, "retry_after": "7"}, 503, "avaturn_throttled"),
    ({"latency": 30}, 504, "avaturn_timeout"),
    ({"drip": 0.1}, 504, "avaturn_timeout"),
]


@pytest.mark.parametrize(("fault", "status", "code"), BAD_DAYS)
@pytest.mark.parametrize("operation", ["createUser", "createSession"])
def test_bad_days(as_ann, ann, sandbox, configure, caplog, operation, fault, status, code):
    caplog.set_level("DEBUG")
    configure(TIMEOUT=0.5)
    sandbox.fail_next(operation, times=9, **fault)
    before = time.monotonic()
    response = send(as_ann, "post", "/avatar/sessions/")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert time.monotonic() - before < 5
    assert ("Retry-After" in response) == (status == 503)
    assert TOKEN not in response.text + caplog.text
    sandbox.faults.clear()
    assert send(as_ann, "post", "/avatar/sessions/").status_code == 201  # nothing was lost


def test_avaturn_not_there(as_ann, sandbox, configure):
    configure(API_URL="http://127.0.0.1:9")
    response = send(as_ann, "post", "/avatar/sessions/")
    assert (response.status_code, response.json()["code"]) == (502, "avaturn_unavailable")


def test_not_configured(as_ann, ann, sandbox, make_avatar, configure):
    avatar = make_avatar(ann)
    configure(API_TOKEN="")
    for path in ("/avatar/sessions/", f"/avatar/avatars/{avatar.pk}/exports/"):
        response = send(as_ann, "post", path)
        assert (response.status_code, response.json()["code"]) == (503, "not_configured")
    assert send(as_ann, "get", "/avatar/avatars/").json()["count"] == 1


def test_versions_of_the_site_are_those_of_its_own_api(as_ann, sandbox, monkeypatch):
    class Versions(URLPathVersioning):
        allowed_versions, default_version = ("v1", "v2"), None

    monkeypatch.setattr(APIView, "versioning_class", Versions)
    assert send(as_ann, "post", "/avatar/sessions/").status_code == 201


@pytest.mark.parametrize(("guests", "status"), [(False, 403), (True, 201)])
def test_site_whose_nobody_is_none(client, db, sandbox, settings, configure, guests, status):
    settings.REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
    configure(ALLOW_GUESTS=guests)
    assert send(client, "post", "/avatar/sessions/").status_code == status


def test_wrong_method(as_ann, sandbox):
    response = send(as_ann, "get", "/avatar/sessions/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
