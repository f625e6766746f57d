"""What a page says of an export: the REST route and what follows from it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from django_avaturn import services
from django_avaturn.models import Avatar
from tests.rest.test_views import send


def test_export(as_ann, ann, sandbox, remote_avatar):
    avatar_id = remote_avatar(services.get_profile(ann))
    told = {
        "url": "data:application/octet-stream;base64,Z2xURg==",
        "urlType": "dataURL",
        "avatarId": str(avatar_id),
        "sessionId": "01985b80-02d4-7a61-8e0f-5b7c2d9e1a34",
        "avatarSupportsFaceAnimations": True,
        "bodyId": "body_1",
        "gender": "female",
        "whatever": "comes next",
    }
    response = send(as_ann, "post", f"/avatar/avatars/{avatar_id}/exports/", told)
    assert response.status_code == 201
    body = response.json()
    assert (body["id"], body["active"]) == (str(avatar_id), True)
    assert (body["gender"], body["body_id"]) == ("female", "body_1")
    assert body["supports_face_animations"] is True
    assert Avatar.objects.get().profile.user == ann


def test_export_that_says_null_takes_nothing_back(as_ann, make_avatar, ann):
    avatar = make_avatar(ann)
    avatar.body_id, avatar.gender = "body_1", "female"
    avatar.save()
    told = dict.fromkeys(["url", "urlType", "avatarId", "sessionId", "bodyId", "gender"])
    response = send(as_ann, "post", f"/avatar/avatars/{avatar.pk}/exports/", told)
    assert response.status_code == 201
    assert (response.json()["gender"], response.json()["body_id"]) == ("female", "body_1")


def test_export_without_a_token_says_what_is_missing(as_ann, sandbox, configure):
    configure(API_TOKEN="")
    response = send(as_ann, "post", f"/avatar/avatars/{uuid4()}/exports/")
    assert (response.status_code, response.json()["code"]) == (503, "not_configured")


@pytest.mark.parametrize(
    "told",
    [
        {"avatarId": str(uuid4())},
        {"avatarId": "x"},
        {"gender": "other"},
        {"bodyId": "b" * 65},
        {"urlType": "file"},
        {"avatarSupportsFaceAnimations": "perhaps"},
    ],
)
def test_export_with_bad_input_asks_nobody(as_ann, ann, sandbox, remote_avatar, told):
    avatar_id = remote_avatar(services.get_profile(ann))
    sandbox.calls.clear()
    response = send(as_ann, "post", f"/avatar/avatars/{avatar_id}/exports/", told)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert not sandbox.calls
    assert not Avatar.objects.exists()


def test_export_that_is_too_large_is_told(as_ann, ann, sandbox):
    told = {"url": "data:," + "x" * 3_000_000}
    response = send(as_ann, "post", f"/avatar/avatars/{uuid4()}/exports/", told)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
def test_export_brings_the_model_and_whoever_asks_helps(as_ann, ann, sandbox):
    """With Django's default backend there is no worker: the page that waits sets it going."""
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    told = send(as_ann, "post", f"/avatar/avatars/{avatar_id}/exports/").json()
    assert (told["model"]["state"], told["model"]["url"]) == ("pending", None)
    told = send(as_ann, "get", f"/avatar/avatars/{avatar_id}/").json()
    assert told["model"]["state"] == "ready"
    assert told["model"]["url"].endswith(".glb")
    assert told["model"]["size"] > 1000
    sandbox.calls.clear()
    assert send(as_ann, "get", f"/avatar/avatars/{avatar_id}/").json()["model"] == told["model"]
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
def test_others_do_not_set_work_going(client, ann, bob, sandbox, configure):
    configure(HOOKS="tests.test_portrait_tag.Open")
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.record_export(ann, avatar_id, {})
    sandbox.calls.clear()
    client.force_login(bob)
    assert send(client, "get", f"/avatar/avatars/{avatar_id}/").status_code == 200
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"body": "<html>"}])
def test_export_is_recorded_though_the_model_does_not_come(as_ann, ann, sandbox, fault):
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    sandbox.fail_next("createExport", times=9, **fault)
    answer = send(as_ann, "post", f"/avatar/avatars/{avatar_id}/exports/")
    assert (answer.status_code, answer.json()["model"]["state"]) == (201, "pending")
