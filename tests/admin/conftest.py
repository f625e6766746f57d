"""What the tests of the admin share."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from django_avaturn.models import Avatar, AvatarFile
from django_avaturn.sandbox import Sandbox
from django_avaturn.sandbox.drawing import picture
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes
from django_avaturn.services import pictures

BASE = "/admin/django_avaturn/"


@pytest.fixture
def boss(client: Client, db: None) -> Client:
    """A superuser's browser."""
    client.force_login(get_user_model().objects.create_superuser("boss", password="secret"))
    return client


@pytest.fixture
def staff(client: Client, db: None) -> Callable[..., Client]:
    """The browser of somebody with these permissions; ``view_`` is all that begin so."""

    def log_in(*names: str) -> Client:
        user = get_user_model().objects.create_user("staff", is_staff=True)
        for name in names:
            match = {"codename__startswith" if name.endswith("_") else "codename": name}
            user.user_permissions.add(*Permission.objects.filter(**match))
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def ready_avatar(make_avatar: Callable[..., Avatar], ann: Any, sandbox: Sandbox) -> Avatar:
    """Finished at Avaturn; here its row still says that it is not."""
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    return avatar


@pytest.fixture
def press(boss: Client) -> Callable[..., Any]:
    """Do something with chosen rows of a list, and follow to the page that tells of it."""

    def press(model: str, action: str, *rows: Any, query: str = "") -> Any:
        data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        return boss.post(f"{BASE}{model}/{query}", data, follow=True)

    return press


@pytest.fixture
def store() -> Callable[[Avatar], tuple[AvatarFile, AvatarFile]]:
    """Give an avatar a real model and a real portrait."""

    def store(avatar: Avatar) -> tuple[AvatarFile, AvatarFile]:
        glb = model_bytes(Look())
        model = AvatarFile(avatar=avatar, kind="model", state="ready", stored_at=timezone.now())
        model.size, model.sha256 = len(glb), "f" * 64
        model.file.save("model.glb", ContentFile(glb))
        portrait = AvatarFile(avatar=avatar, kind="portrait", scene="common/preview", state="ready")
        large, small = pictures.encode(BytesIO(picture(Look(), "bust", 256)))
        portrait.size = len(large.data)
        portrait.file.save("portrait.webp", ContentFile(large.data), save=False)
        portrait.thumbnail.save("portrait.webp", ContentFile(small.data))
        return model, portrait

    return store


def messages(response: Any) -> list[str]:
    """What the page tells of."""
    return [str(message) for message in get_messages(response.wsgi_request)]
