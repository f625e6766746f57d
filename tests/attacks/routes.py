"""Every route of the app with every method and body that could name somebody else's avatar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

JSON = "application/json"
SAFE = ("get", "head", "options")
ID = "<id>"
"""Stands for the avatar's id in a body."""


@dataclass(frozen=True)
class Case:
    """One way to name an avatar. ``by`` says where the id stands."""

    route: str
    method: str
    by: str = "address"
    data: Any = None
    query: str = ""
    form: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.route} by {self.by} {self.data} {self.query}"

    def path(self, avatar_id: object) -> str:
        """Where it goes."""
        args = [avatar_id] if self.route in WITH_ID else []
        return reverse(f"avaturn:{self.route}", args=args)

    def send(self, client: Client, avatar_id: object, **headers: str) -> Any:
        """Do it, for this id."""
        path = self.path(avatar_id) + self.query.format(avatar_id)
        data = filled(self.data, str(avatar_id))
        kind = {} if self.form else {"content_type": JSON}
        return getattr(client, self.method)(path, data, headers=headers, **kind)


def filled(data: Any, avatar_id: str) -> Any:
    """The body with the id in it."""
    if data == ID:
        return avatar_id
    if isinstance(data, dict):
        return {key: filled(value, avatar_id) for key, value in data.items()}
    return data


WITH_ID = ("avatar-detail", "avatar-customization", "export-list", "render-list")

TAKE_OVER = {
    "active": True,
    "profile": 1,
    "profile_id": 1,
    "avaturn_id": "EVES-REMOTE-USER",
    "status": "failed",
    "id": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e",
    "gone_at": "2020-01-01T00:00Z",
}
LOOK = {"body": "body_0", "assets": {}, "bone_scale": {}}

REFUSED = [
    Case("avatar-detail", "get"),
    Case("avatar-detail", "head"),
    Case("avatar-detail", "get", query="?user=ann&profile=1&format=api"),
    Case("avatar-detail", "patch", data={"active": True}),
    Case("avatar-detail", "patch", data=TAKE_OVER),
    Case("avatar-detail", "patch", data={"active": False}),
    Case("avatar-detail", "delete"),
    Case("avatar-detail", "delete", data={"avatar_id": ID}, query="?force=1"),
    Case("avatar-customization", "get"),
    Case("avatar-customization", "put", data=LOOK),
    Case("avatar-customization", "put", data={}),
    Case("export-list", "post", data={}),
    Case("export-list", "post", data={"avatarId": ID}),
    Case("export-list", "post", data={"avatarId": ID, "profile": 1, "user": 1, "status": "ready"}),
    Case("export-list", "post", data={"avatarId": ID, "url": "https://assets.avaturn.me/m.glb"}),
    Case("render-list", "post", data={}),
    Case("render-list", "post", data={"scene": "common/preview", "format": "png"}),
    Case("render-list", "post", data={"image": "x", "version": "f" * 12}),
    Case("session-list", "post", "body", {"avatar_id": ID}),
    Case("session-list", "post", "body", {"type": "edit_existing", "avatar_id": ID}),
    Case("session-list", "post", "form", {"avatar_id": ID}, form=True),
    Case("gallery", "post", "form", {"avatar": ID, "action": "activate"}, form=True),
    Case("gallery", "post", "form", {"avatar": ID, "action": "fetch"}, form=True),
    Case("gallery", "post", "form", {"avatar": ID, "action": "delete"}, form=True),
]
"""For another's avatar: not found, or not logged in."""

OWN = [
    Case("avatar-list", "get", "query", query="?avatar_id={0}&id={0}&profile=1&user=1&owner=ann"),
    Case("avatar-list", "post", "body", {"avatar_id": ID, "profile": 1}),
    Case("avatar-list", "post", "form", {"avatar_id": ID, "body-type": "male"}, form=True),
    Case("profile-detail", "get", "query", query="?user=1&id=1&avaturn_id=ANNS-REMOTE-USER"),
    Case("profile-detail", "delete", "query", query="?user=1&id=1&avaturn_id=ANNS-REMOTE-USER"),
    Case("profile-detail", "delete", "body", {"user": 1, "avaturn_id": "ANNS-REMOTE-USER"}),
    Case("session-list", "post", "body", {"avatarId": ID, "user_id": "ANNS-REMOTE-USER"}),
    Case("session-list", "post", "body", {"config": {"avatar_id": ID}, "start_over": True}),
    Case("session-list", "post", "query", {}, query="?avatar_id={0}&type=edit_existing"),
    Case("gallery", "get", "query", query="?avatar={0}&page=1&user=1"),
    Case("gallery", "head", "query", query="?avatar={0}"),
]
"""These are about whoever asks, whatever is named."""
