"""Somebody with an avatar, and those who would like to have it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client

from django_avaturn import services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile

SECRET = "a-secret-of-the-tests-9b1f"


@pytest.fixture(autouse=True)
def nobody_is_asked_by_mistake(sandbox):
    """Every test has the sandbox, so that calls can be counted."""


@pytest.fixture
def theirs(ann, sandbox):
    """Ann's avatar, with a model; made without a call."""
    profile = AvaturnProfile.objects.create(user=ann, avaturn_id="ANNS-REMOTE-USER")
    avatar = Avatar.objects.create(profile=profile, avaturn_id="ANNS-REMOTE-USER", status="ready")
    model = AvatarFile(avatar=avatar, kind="model", state="ready", size=4, sha256="f" * 64)
    model.file.save("model.glb", ContentFile(b"glTF"))
    AvatarFile.objects.create(avatar=avatar, kind="portrait", scene="s", due_at=None)
    return avatar


@pytest.fixture
def attacker(db, sandbox, configure):
    """The browser of somebody, by the kind: all but the last two have a remote user as well."""

    def make(kind):
        client = Client()
        if kind == "visitor":
            configure(ALLOW_GUESTS=True)
            assert client.post("/avatar/sessions/", {}).status_code == 201
        elif kind != "anonymous":
            more = {"is_staff": kind in ("staff", "superuser"), "is_superuser": kind == "superuser"}
            user = get_user_model().objects.create_user("eve", password="secret", **more)
            client.force_login(user)
            if kind == "inactive":
                get_user_model().objects.filter(pk=user.pk).update(is_active=False)
            else:
                services.get_profile(user)
        sandbox.calls.clear()
        return client

    return make


def snapshot():
    """All rows of this app, to be compared."""
    return {
        model._meta.model_name: list(model.objects.order_by("pk").values())
        for model in apps.get_app_config("django_avaturn").get_models()
    }


def told(response):
    """All that somebody learns from an answer."""
    headers = {
        name: value for name, value in response.headers.items() if name not in {"Date", "Expires"}
    }
    return response.status_code, response.content, headers
