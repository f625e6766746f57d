"""What an avatar wears, by the REST API: own only, checked first, and told what is wrong."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from django_avaturn import services
from django_avaturn.models import Avatar
from tests.conftest import TOKEN

from .customizing import HAIR, HOODIE, JSON, LOOK, path, put, remote, state

ID = {"id": HOODIE}
DEFAULTS = {
    "assets": {},
    "body": "body_0",
    "age": "adult",
    "metadata": {},
    "bone_scale": {"head": 0, "arms": 0, "chest": 0},
    "skin_tone_correction": 0,
}


def test_address(avatar):
    assert path(avatar) == f"/avatar/avatars/{avatar.pk}/customization/"


def test_get(as_ann, avatar, sandbox):
    response = as_ann.get(path(avatar))
    assert (response.status_code, response.json()) == (200, remote(sandbox, avatar))
    assert response["Cache-Control"] == "no-store"
    assert [call.operation for call in sandbox.calls] == ["getCustomization"]


def test_put(as_ann, avatar, sandbox):
    response = put(as_ann, avatar)
    assert (response.status_code, response.json()) == (200, LOOK)
    assert remote(sandbox, avatar) == LOOK
    assert as_ann.get(path(avatar)).json() == LOOK
    assert as_ann.get(f"/avatar/avatars/{avatar.pk}/").json()["body_id"] == "body_1"


def test_put_replaces_all_of_it(as_ann, avatar, sandbox):
    """On the wire too: what was left out is sent with its default."""
    put(as_ann, avatar)
    response = put(as_ann, avatar, {"skin_tone_correction": 3})
    assert response.json() == remote(sandbox, avatar) == {**DEFAULTS, "skin_tone_correction": 3}


def test_null_for_a_colour_is_none(as_ann, avatar, sandbox):
    """Avaturn documents a text or nothing."""
    worn = {"assets": {"hair_and_headwear": {"id": HAIR, "color": None}}}
    response = put(as_ann, avatar, worn)
    assert response.status_code == 200
    assert response.json()["assets"] == {"hair_and_headwear": {"id": HAIR}}
    assert remote(sandbox, avatar)["assets"] == {"hair_and_headwear": {"id": HAIR}}


def test_what_was_read_can_be_sent_back(as_ann, avatar, sandbox):
    """Whatever else Avaturn may tell some day, and however it marks an empty slot."""
    told = {
        **LOOK,
        "assets": {"clothing": {"id": HOODIE, "lod": 1}, "eyewear": None, "gloves": {"id": HAIR}},
        "future": [1],
    }
    sandbox.fail_next("getCustomization", status=200, body=json.dumps(told))
    shown = as_ann.get(path(avatar)).json()
    assert shown == {**LOOK, "assets": {"clothing": {"id": HOODIE}, "eyewear": None}}
    assert put(as_ann, avatar, shown).json() == shown


@pytest.mark.parametrize("told", ['{"skin_tone_correction": 1e999}', '{"age": "\\ud800"}'])
def test_what_json_cannot_hold(as_ann, avatar, sandbox, told):
    sandbox.fail_next("getCustomization", status=200, body=told)
    response = as_ann.get(path(avatar))
    assert (response.status_code, response.json()["code"]) == (502, "avaturn_unavailable")


@pytest.mark.django_db(transaction=True)
def test_costs(as_ann, avatar, sandbox, django_assert_max_num_queries):
    put(as_ann, avatar)
    sandbox.calls.clear()
    with django_assert_max_num_queries(4):  # session, user, avatar with profile, files
        as_ann.get(path(avatar))
    assert len(sandbox.calls) == sandbox.count("getCustomization") == 1
    with django_assert_max_num_queries(4 + 11 + 9):  # the same, the change, the model's task
        put(as_ann, avatar)
    assert sandbox.count("setCustomization") == 1
    assert sandbox.count("getCustomization") == 1


def test_asset_in_a_wrong_slot(as_ann, avatar, sandbox):
    before = state(sandbox, avatar)
    response = put(as_ann, avatar, {**LOOK, "assets": {"clothing": ID, "footwear": ID}})
    assert response.status_code == 409
    body = response.json()
    assert body.keys() == {"code", "detail", "errors"}
    assert body["code"] == "asset_conflict"
    told = [f"Asset {HOODIE} does not belong here."]
    assert body["errors"] == {"assets": {"footwear": told}}
    assert state(sandbox, avatar) == before


def test_assets_that_are_gone(as_ann, avatar, sandbox):
    lost = str(uuid4())
    before = state(sandbox, avatar)
    response = put(as_ann, avatar, {**LOOK, "assets": {"clothing": ID, "footwear": {"id": lost}}})
    assert (response.status_code, response.json()["code"]) == (410, "asset_gone")
    told = [f"Asset {lost} does not exist any more."]
    assert response.json()["errors"] == {"assets": {"footwear": told}}
    assert state(sandbox, avatar) == before


@pytest.mark.parametrize("detail", ["<b>secret</b>", None, [f"{uuid4()} clothin"], {"a": "secret"}])
@pytest.mark.parametrize(("status", "code"), [(409, "asset_conflict"), (410, "asset_gone")])
def test_refusals_that_name_nothing(as_ann, avatar, sandbox, status, code, detail):
    """Avaturn's own text is not shown, and nothing is made up."""
    sandbox.fail_next("setCustomization", status=status, body=json.dumps({"detail": detail}))
    response = put(as_ann, avatar)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json().keys() == {"code", "detail"}
    assert "secret" not in response.text


@pytest.mark.parametrize("method", ["get", "put"])
def test_avatar_that_avaturn_does_not_have(as_ann, avatar, sandbox, method):
    services.get_client().delete_avatar(avatar.avaturn_id, avatar.pk)
    response = put(as_ann, avatar) if method == "put" else as_ann.get(path(avatar))
    assert (response.status_code, response.json()["code"]) == (410, "avatar_gone")


@pytest.mark.parametrize("status", ["pending", "processing", "failed"])
@pytest.mark.parametrize("method", ["get", "put"])
def test_not_ready(as_ann, avatar, sandbox, method, status):
    Avatar.objects.update(status=status)
    response = put(as_ann, avatar) if method == "put" else as_ann.get(path(avatar))
    assert (response.status_code, response.json()["code"]) == (409, "not_ready")
    assert response.json()["detail"] == "This avatar is not ready to be changed yet."
    assert not sandbox.calls


def test_uploaded_avatar_shows_its_default(as_ann, avatar, sandbox):
    Avatar.objects.update(customized=False, gender="female")
    response = as_ann.get(path(avatar))
    assert (response.status_code, response.json()) == (200, {**DEFAULTS, "body": "body_1"})
    assert not sandbox.calls
    assert put(as_ann, avatar).status_code == 200
    assert as_ann.get(path(avatar)).json() == LOOK


@pytest.mark.parametrize("method", ["get", "put"])
@pytest.mark.parametrize("reason", ["unconfirmed", "free plan"])
def test_needs_api(as_ann, avatar, sandbox, configure, reason, method):
    Avatar.objects.update(avaturn_id="")
    if reason == "free plan":
        configure(API_TOKEN="", PROJECT_URL="https://project.avaturn.dev")
    before = Avatar.objects.values().get()
    response = put(as_ann, avatar) if method == "put" else as_ann.get(path(avatar))
    assert (response.status_code, response.json()["code"]) == (409, "needs_api")
    assert Avatar.objects.values().get() == before
    assert not sandbox.calls


@pytest.mark.parametrize("method", ["get", "put"])
@pytest.mark.parametrize("whose", ["bob's", "nobody's"])
def test_another_owners_avatar(as_ann, bob, add_avatar, sandbox, method, whose):
    """Whatever is sent: not even that it does not fit is told."""
    avatar = add_avatar(bob) if whose == "bob's" else Avatar(pk=uuid4())
    for body in (LOOK, {"body": 1}):
        response = put(as_ann, avatar, body) if method == "put" else as_ann.get(path(avatar))
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not sandbox.calls


def test_who_is_not_logged_in(avatar, sandbox):
    assert Client().get(path(avatar)).status_code in {401, 403}
    assert put(Client(), avatar).status_code in {401, 403}
    assert not sandbox.calls


def test_forgery(ann, avatar, sandbox):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert put(client, avatar).status_code == 403
    assert not sandbox.calls


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_other_methods(as_ann, avatar, sandbox, method):
    response = getattr(as_ann, method)(path(avatar), "{}", content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert not sandbox.calls


def test_writing_is_throttled_and_reading_is_not(as_ann, avatar, sandbox, configure):
    configure(SESSION_THROTTLE="2/hour")
    assert [put(as_ann, avatar).status_code for _ in range(3)] == [200, 200, 429]
    assert sandbox.count("setCustomization") == 2
    assert [as_ann.get(path(avatar)).status_code for _ in range(3)] == [200] * 3
    assert as_ann.post("/avatar/sessions/", content_type=JSON).status_code == 201


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 500}, 502, "avaturn_unavailable"),
        ({"status": 422}, 502, "avaturn_rejected"),
        ({"status": 401}, 502, "avaturn_rejected"),
        ({"latency": 1}, 504, "avaturn_timeout"),
        ({"status": 429, "retry_after": 7}, 503, "avaturn_throttled"),
    ],
)
def test_avaturn_has_a_bad_day(as_ann, avatar, sandbox, configure, fault, status, code):
    configure(TIMEOUT=0.3)
    *here, _ = state(sandbox, avatar)
    sandbox.fail_next("setCustomization", **fault)
    response = put(as_ann, avatar)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert state(sandbox, avatar)[:2] == tuple(here)
    assert TOKEN not in response.text


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_meanwhile(as_ann, avatar, sandbox, settings, monkeypatch):
    """Else a slow Avaturn would hold the database's rows."""
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    seen = []
    write = services.get_client().set_customization.__func__

    def watched(client, *args):
        seen.append(connection.in_atomic_block)
        return write(client, *args)

    monkeypatch.setattr("django_avaturn.client.AvaturnClient.set_customization", watched)
    assert put(as_ann, avatar).status_code == 200
    assert seen == [False]
