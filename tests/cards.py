"""Avatars in every state that the gallery shows, straight into the database; and its HTML."""

from __future__ import annotations

import re
from io import BytesIO
from typing import IO, Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Guest
from django_avaturn.services import pictures

PAGE = "/avatar/"

AVATARS: dict[str, dict[str, Any]] = {
    "gone": {"gone_at": timezone.now()},
    "failed": {"status": "failed"},
    "waiting": {"status": "pending"},
    "processing": {"status": "processing"},
}
"""Fields of the avatar by the card's state; the others are ready."""

MODELS = {
    "coming": ("pending", False),
    "renewing": ("pending", True),
    "lost": ("failed", False),
    "outdated": ("failed", True),
    "ready": ("ready", True),
}
"""State of the model by the card's state, and whether there is a file."""


def profile_of(owner: Any) -> AvaturnProfile:
    """The profile of a user or visitor, linked."""
    if isinstance(owner, Guest):
        fields = {"guest": owner.digest, "avaturn_id": f"remote-{owner.digest[:8]}"}
    else:
        fields = {"user": owner, "avaturn_id": f"remote-{owner.pk}"}
    return AvaturnProfile.objects.get_or_create(**fields)[0]


def card(owner: Any, state: str = "ready", portrait: str = "", **fields: Any) -> Avatar:
    """An avatar that the gallery shows in this state; ``portrait`` is the state of its picture.

    Confirmed by Avaturn, unless ``avaturn_id`` is empty.
    """
    profile = profile_of(owner)
    fields = {
        "status": "ready",
        "avaturn_id": profile.avaturn_id,
        **AVATARS.get(state, {}),
        **fields,
    }
    avatar = Avatar.objects.create(profile=profile, **fields)
    if state in MODELS:
        model(avatar, *MODELS[state])
    if portrait:
        picture(avatar, portrait)
    return avatar


def model(avatar: Avatar, state: str, has_file: bool) -> AvatarFile:
    """Its GLB; waiting for nobody, so that no task starts."""
    row = AvatarFile(avatar=avatar, kind="model", state=state, due_at=None)
    if has_file:
        row.file.save("m.glb", ContentFile(b"glTF"), save=False)
        row.size, row.sha256, row.stored_at = 2_411_724, "b" * 64, timezone.now()
    row.save()
    return row


def picture(avatar: Avatar, state: str = "ready", data: IO[bytes] | None = None) -> AvatarFile:
    """Its portrait, with files where it is ready."""
    row = AvatarFile(avatar=avatar, kind="portrait", state=state, due_at=None)
    if state == "ready":
        large, small = pictures.encode(data or face())
        row.file.save("p.webp", ContentFile(large.data), save=False)
        row.thumbnail.save("p.webp", ContentFile(small.data), save=False)
        row.sha256 = "a" * 64
    row.save()
    return row


def face(color: str = "teal") -> BytesIO:
    """A picture as a file."""
    out = BytesIO()
    Image.new("RGB", (640, 640), color).save(out, "PNG")
    out.seek(0)
    return out


def ids(page: str) -> list[str]:
    """Of the cards in the gallery's HTML, in order."""
    return re.findall(r'<li class="avaturn-card" id="avaturn-([^"]+)"', page)


def part(page: str, avatar: Avatar) -> str:
    """The HTML of one card."""
    return page.partition(f'id="avaturn-{avatar.pk}"')[2].partition("</li>")[0]


def buttons(page: str) -> set[str]:
    """What the forms of some HTML offer."""
    return set(re.findall(r'name="action" value="(\w+)"', page))


def post(client: Any, avatar: object, action: str, **data: Any) -> Any:
    """Press a button of the gallery; ``avatar`` is one or its id."""
    data = {"avatar": getattr(avatar, "pk", avatar), "action": action, "next": PAGE, **data}
    return client.post(PAGE, data)


def activate(avatar: Avatar) -> Avatar:
    """The one its owner shows."""
    avatar.profile.active_avatar = avatar
    avatar.profile.save()
    return avatar
