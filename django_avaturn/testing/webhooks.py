"""What Avaturn writes in its webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from ..models import Avatar
from ..sandbox import Sandbox, links
from ..sandbox.state import File

AVATAR, EXPORT, RENDER = "avatar.ready", "export.ready", "render.ready"


def message(sandbox: Sandbox, origin: str, avatar: Avatar, event: str) -> dict[str, Any]:
    """What Avaturn would say of an avatar. Links in it work, as long as it has the avatar."""
    portrait = avatar.portrait
    told: dict[str, Any] = {
        "event": event,
        "avatar_id": str(avatar.pk),
        "user_id": avatar.avaturn_id,
        "status": "ready",
    }
    more: dict[str, dict[str, Any]] = {
        AVATAR: {"session_id": None},
        EXPORT: {"export_url": file_link(sandbox, origin, avatar)},
        RENDER: {
            "id": str(portrait.render_id) if portrait else "",
            "render_url": file_link(sandbox, origin, avatar, portrait.scene if portrait else "x"),
        },
    }
    return {**told, **more.get(event, {})}


def file_link(sandbox: Sandbox, origin: str, avatar: Avatar, scene: str = "") -> str | None:
    """A link to the model of an avatar, or to a picture; None where Avaturn does not have it."""
    remote = sandbox.state.avatar(str(avatar.pk))
    if remote is None:
        return None
    file = File(remote.id, remote.customization or {}, remote.eyes, scene=scene)
    return links.temporary_file(sandbox, origin, file)


def encoded(told: Mapping[str, Any]) -> bytes:
    """A message as it is sent."""
    return json.dumps(told).encode()


def webhook_path(secret: str) -> str:
    """Where the site takes webhooks. Raises ``ImproperlyConfigured`` where it does not."""
    try:
        return reverse("avaturn:webhook", args=[secret])
    except NoReverseMatch:
        raise ImproperlyConfigured(
            'There is no route for webhooks: add path("avatar/", include("django_avaturn.urls")) '
            "to the site's URLconf, or set WEBHOOK_SECRETS to [] in this test."
        ) from None
