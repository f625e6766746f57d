"""Every method of the client with what it has to send, as Avaturn's reference says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

from django_avaturn.client import AvaturnClient, Customization, SessionConfig

TOKEN = "token-that-nobody-may-see-7a1c"
USER = "K7Q2M4XWZ3PB6TNA5DVRHJ2C7FGYE4LS"
AVATAR = UUID("01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e")
OTHER = "01985b80-02d4-7a61-8e0f-5b7c2d9e1a34"
UPLOAD_PATH = "/u/upload-secret-55e0"
SESSION_LINK = "https://project.avaturn.dev/editor?session_id=x&token=session-secret-9d3b"
FILE_LINK = "https://files.example.com/opaque.glb?sig=file-secret-12ab"
BODY_SECRET = "body-secret-c4c4"
SECRETS = (
    TOKEN,
    "upload-secret-55e0",
    "session-secret-9d3b",
    "file-secret-12ab",
    BODY_SECRET,
)

WORN = {
    "assets": {
        "clothing": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40001"},
        "hair_and_headwear": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40002", "color": "#6d4539"},
        "eyewear": None,
    },
    "body": "body_0",
    "age": "adult",
    "metadata": {"season": "spring"},
    "bone_scale": {"head": 0, "arms": 1.5, "chest": -3},
    "skin_tone_correction": 10,
}
SESSION = {"url": SESSION_LINK, "id": OTHER, "custom_upload_url": None}
AVATARS = [{"id": str(AVATAR), "status": "ready"}, {"id": OTHER, "status": "processing"}]
RENDER = {"id": OTHER, "status": "pending", "render_url": None}


@dataclass(frozen=True)
class Call:
    """One call, the request it makes, and a documented answer to it."""

    name: str
    make: Callable[[AvaturnClient], Any]
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    json: Any = None
    status: int = 200
    answer: Any = None
    upload: bool = False

    @property
    def repeatable(self) -> bool:
        return self.method != "POST"


def upload(client: AvaturnClient, url: str = "", **options: Any) -> None:
    """Send three tiny photos to a link, by default one at the client's own host."""
    client.upload_photos(
        url or client._transport._base_url + UPLOAD_PATH,
        frontal=BytesIO(b"front"),
        side_1=BytesIO(b"left"),
        side_2=BytesIO(BODY_SECRET.encode()),
        body_type=options.pop("body_type", "female"),
        **options,
    )


def session(name: str, sent: dict[str, str], config: SessionConfig | None) -> Call:
    return Call(
        f"session-{name}",
        lambda client: client.create_session(USER, config),
        "POST",
        "/api/v1/sessions/new",
        json={"user_id": USER, "config": sent},
        answer=SESSION,
    )


def render(name: str, picture: str, **options: Any) -> Call:
    query = [("avatar_id", str(AVATAR)), ("scene", "common/preview"), ("format", picture)]
    return Call(
        f"render-{name}",
        lambda client: client.create_render(AVATAR, "common/preview", **options),
        "POST",
        "/api/v1/renders/new",
        query=query,
        answer=RENDER,
    )


AVATARS_PATH = f"/api/v1/users/{USER}/avatars"
CUSTOMIZATION_PATH = f"/api/v1/avatars/{AVATAR}/customization"

CALLS = [
    Call("user", lambda c: c.create_user(), "POST", "/api/v1/users/new", answer={"id": USER}),
    Call("delete-user", lambda c: c.delete_user(USER), "DELETE", f"/api/v1/users/{USER}"),
    session("default", {"type": "create_or_edit_existing"}, None),
    session("create", {"type": "create"}, SessionConfig(type="create")),
    session(
        "edit",
        {"type": "edit_existing", "avatar_id": str(AVATAR)},
        SessionConfig(type="edit_existing", avatar_id=AVATAR),
    ),
    Call("list", lambda c: c.list_avatars(USER), "GET", AVATARS_PATH, answer=AVATARS),
    Call(
        "list-all",
        lambda c: c.list_avatars(USER, include_not_ready=True),
        "GET",
        AVATARS_PATH,
        query=[("include_not_ready", "true")],
        answer=AVATARS,
    ),
    Call(
        "delete-avatar",
        lambda c: c.delete_avatar(USER, AVATAR),
        "DELETE",
        f"{AVATARS_PATH}/{AVATAR}",
    ),
    Call(
        "avatar",
        lambda c: c.create_avatar(USER),
        "POST",
        "/api/v1/avatars/new",
        json={"user_id": USER},
        answer={"avatar_id": str(AVATAR), "upload_url": f"https://up.example.com{UPLOAD_PATH}"},
    ),
    Call("upload", upload, "POST", UPLOAD_PATH, answer={"status": "ok"}, upload=True),
    Call(
        "get-customization",
        lambda c: c.get_customization(AVATAR),
        "GET",
        CUSTOMIZATION_PATH,
        answer=WORN,
    ),
    Call(
        "set-customization",
        lambda c: c.set_customization(AVATAR, Customization.parse(WORN)),
        "PUT",
        CUSTOMIZATION_PATH,
        json=WORN,
        status=202,
    ),
    render("default", "jpg"),
    render("png", "png", format="png"),
    Call(
        "export",
        lambda c: c.create_export(AVATAR),
        "POST",
        "/api/v1/exports/new",
        query=[("avatar_id", str(AVATAR))],
        answer={"status": "ready", "url": FILE_LINK},
    ),
]
NAMED = {call.name: call for call in CALLS}
