"""Users whose keys are uuids and who log in with an address: REST, admin, commands, deletion."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def avatar(ann: Any, stored: Any) -> Avatar:
    return stored(ann)


def test_keys_are_uuids(ann, avatar):
    assert isinstance(ann.pk, UUID)
    assert isinstance(AvaturnProfile.objects.get().user_id, UUID)


def test_rest(ann, bob, sandbox):
    client = browser(ann)
    assert client.post("/avatar/sessions/").status_code == 201
    avatar_id = sandbox.add_avatar(ann.avaturn_profile.avaturn_id)
    path = f"/avatar/avatars/{avatar_id}/"
    assert client.post(f"{path}exports/").status_code == 201
    assert client.get(path).json()["model"]["state"] == "ready"
    assert browser(bob).delete(path).status_code == 404
    [told] = client.get("/avatar/profile/").json()["avatars"]
    assert told["id"] == avatar_id
    assert client.delete(path).status_code == 204
    assert sandbox.count("deleteUserAvatar") == 1


def test_openings_are_counted_for_each_user(ann, bob, configure):
    configure(SESSION_THROTTLE="1/hour")
    clients = [browser(ann), browser(ann), browser(bob)]
    assert [one.post("/avatar/sessions/").status_code for one in clients] == [201, 429, 201]


@pytest.mark.parametrize("name", ["ann@example.com", "--pk"])
def test_personal_data(ann, bob, avatar, tmp_path, name):
    path = tmp_path / "ann.zip"
    who = [str(ann.pk), "--pk"] if name == "--pk" else [name]
    call_command("avaturn_personal_data", *who, output=path, stdout=StringIO())
    data = json.loads(ZipFile(path).read("data.json"))
    assert data["profile"]["user"] == str(ann.pk)
    assert [one["id"] for one in data["avatars"]] == [str(avatar.pk)]
    assert services.personal_data(bob) == {}


def test_personal_data_of_nobody(db):
    with pytest.raises(CommandError, match="No user has the pk"):
        call_command("avaturn_personal_data", "17", "--pk")


def test_admin_finds_and_deletes_a_user_with_all_that_there_is(ann, boss, avatar, sandbox):
    client = browser(boss)
    for text in ("ann@example", str(avatar.pk)):
        page = client.get("/admin/django_avaturn/avatar/", {"q": text})
        assert [row.pk for row in page.context["cl"].result_list] == [avatar.pk]
    page = client.get("/admin/django_avaturn/avaturnprofile/", {"q": "ann@example"})
    assert [row.user_id for row in page.context["cl"].result_list] == [ann.pk]
    path = f"/admin/community/user/{ann.pk}/delete/"
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not AvaturnProfile.objects.exists()
    assert RemoteDeletion.objects.get().state == RemoteDeletion.State.READY
    assert sandbox.users == {}


def test_sync_and_status(ann, bob, avatar):
    services.get_profile(bob)
    out = StringIO()
    call_command("avaturn_sync", stdout=out)
    call_command("avaturn_status", stdout=out)
    assert AvaturnProfile.objects.exclude(synced_at=None).count() == 2
    assert "2" in out.getvalue()


def test_consent(ann, configure):
    configure(CONSENT_VERSION="2026-11")
    client = browser(ann)
    assert client.post("/avatar/sessions/").json()["code"] == "consent_required"
    agreed = json.dumps({"consent": "2026-11"})
    answer = client.post("/avatar/sessions/", agreed, content_type="application/json")
    assert answer.status_code == 201
    assert get_user_model().objects.get(pk=ann.pk).avaturn_profile.consent_version == "2026-11"
