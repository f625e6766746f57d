"""What the editor page asks for. The token of its session link is the permission."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import catalogue, links
from . import validation as check
from .api import NotFound, find_user
from .drawing import page_mesh, picture
from .geometry.body import skin_color
from .look import Look, from_mapping, starter, to_customization
from .messages import Response, error, reply
from .model import model_bytes
from .routing import Area, Incoming, Route
from .state import Avatar, Session, User

if TYPE_CHECKING:
    from .service import Sandbox

SCENARIOS = (
    "slow_handshake",
    "handshake_refused",
    "silent",
    "auth_error",
    "avatar_load_error",
    "scene_error",
    "two_exports",
    "not_a_glb",
    "bad_host",
    "xfo_deny",
    "reload",
)
"""Ways in which an editor session can misbehave."""

EVIL_ORIGIN = "https://avaturn.dev.evil.example"
NOT_A_GLB = b"<!doctype html><title>This is not a model</title>"
DATA_PREFIX = "data:application/octet-stream;base64,"
START = check.record({"body": check.text}, frozenset({"body"}))
SAVE = check.record({"look": check.record({})}, frozenset({"look"}))


class LinkOver(Exception):
    """The session has ended; ``response`` is the 401 answer."""

    response = error(401, "This link is not valid any more")


def preview_address(origin: str, look: Look, crop: str) -> str:
    """Address of a still picture; it carries the look and nothing else."""
    return f"{origin}/editor/preview.png?{urlencode({'crop': crop, **look.as_mapping()})}"


def _session(sandbox: Sandbox, incoming: Incoming) -> tuple[Session, User]:
    session = sandbox.session(incoming.request.bearer)
    if session is None:  # it has ended since the link was looked at
        raise LinkOver
    return session, find_user(sandbox, session.user_id)


def _own_avatar(sandbox: Sandbox, incoming: Incoming) -> tuple[Session, Avatar]:
    session, user = _session(sandbox, incoming)
    avatar = user.avatars.get(incoming.params["avatar_id"])
    if avatar is None:
        raise NotFound("Avatar")
    return session, avatar


def describe(sandbox: Sandbox, avatar: Avatar) -> dict[str, Any]:
    """An avatar as the page knows it."""
    now = sandbox.clock.now()
    return {
        "id": avatar.id,
        "status": avatar.status(now),
        "progress": round(avatar.progress(now), 3),
        "saved": avatar.opened,
        "look": avatar.look().as_mapping(),
    }


def open_session(sandbox: Sandbox, incoming: Incoming) -> Response:
    """All that the page needs at its start."""
    session, user = _session(sandbox, incoming)
    return reply(
        {
            "sessionId": session.id,
            "kind": session.kind,
            "avatarId": session.avatar_id,
            "scenario": session.scenario,
            "slowSeconds": sandbox.slow_seconds,
            "avatars": [describe(sandbox, one) for one in user.avatars.values()],
            "catalogue": _catalogue(incoming.origin),
        }
    )


def _catalogue(origin: str) -> dict[str, Any]:
    bodies = [
        {
            "id": body.id,
            "name": body.name,
            "label": body.label,
            "gender": body.gender,
            "look": starter(body.id).as_mapping(),
            "preview": preview_address(origin, starter(body.id), "figure"),
        }
        for body in catalogue.BODIES
    ]
    assets = [
        {
            "id": asset.id,
            "slot": asset.slot,
            "name": asset.name,
            "label": asset.label,
            "category": catalogue.SDK_CATEGORIES[asset.slot],
            "preview": _asset_preview(origin, asset),
        }
        for asset in catalogue.ASSETS
    ]
    return {
        "bodies": bodies,
        "assets": assets,
        "skinTones": [
            {"value": value, "name": name, "label": label, "color": _skin(value)}
            for value, name, label in catalogue.SKIN_TONES
        ],
        "hairColors": [
            {"value": tint.color, "name": tint.name, "label": tint.label, "color": tint.color}
            for tint in catalogue.HAIR_COLORS
        ],
        "eyeColors": list(catalogue.EYE_COLORS),
    }


def _skin(value: float) -> str:
    return skin_color(Look(skin=value))


def _asset_preview(origin: str, asset: catalogue.Asset) -> str:
    return preview_address(origin, *_asset_picture(asset))


def _asset_picture(asset: catalogue.Asset) -> tuple[Look, str]:
    crop = {"hair": "head", "glasses": "face"}.get(asset.slot, asset.slot)
    changes: dict[str, Any] = {asset.slot: asset.name}
    return replace(Look(), **changes), crop


@contextmanager
def draw_ahead() -> Iterator[None]:
    """Draw meanwhile what every editor shows, so that the first person need not wait for it."""
    stop = Event()
    drawing = Thread(target=_draw_starters, args=(stop,), daemon=True)
    drawing.start()
    try:
        yield
    finally:
        stop.set()
        drawing.join()


def _draw_starters(stop: Event) -> None:
    pictures = [(starter(body.id), "figure") for body in catalogue.BODIES]
    pictures += [_asset_picture(asset) for asset in catalogue.ASSETS]
    for look, crop in pictures:
        if stop.is_set():
            return
        picture(look, crop)


def create_avatar(sandbox: Sandbox, incoming: Incoming) -> Response:
    """End the creation step: the avatar is ready at once, though nobody has saved it yet."""
    _, user = _session(sandbox, incoming)
    body = check.json_body(incoming.request, START)["body"]
    avatar = sandbox.state.add_avatar(user, sandbox.clock.now(), starter(body))
    return reply({**describe(sandbox, avatar), "saved": False})


def show_avatar(sandbox: Sandbox, incoming: Incoming) -> Response:
    """One avatar, for following its progress."""
    _, avatar = _own_avatar(sandbox, incoming)
    return reply(describe(sandbox, avatar))


def show_figure(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The mesh of a look."""
    body = page_mesh(from_mapping(incoming.request.query))
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, max-age=3600"}
    return Response(200, body, headers=headers)


def save(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Keep the look and hand back what the SDK calls an export result."""
    session, avatar = _own_avatar(sandbox, incoming)
    body = check.json_body(incoming.request, SAVE)
    look = from_mapping(body["look"], avatar.look())
    avatar.wear(to_customization(look, avatar.customization), look.eyes)
    return reply(_export_result(sandbox, incoming.origin, session, avatar))


def _export_result(
    sandbox: Sandbox, origin: str, session: Session, avatar: Avatar
) -> Mapping[str, Any]:
    kind = "httpURL" if session.scenario == "bad_host" else sandbox.export_kind
    look = avatar.look()
    return {
        "url": _export_url(sandbox, origin, session, avatar, kind),
        "urlType": kind,
        "avatarId": avatar.id,
        "sessionId": session.id,
        "bodyId": look.body,
        "gender": look.gender,
        "avatarSupportsFaceAnimations": sandbox.moves_faces,
    }


def _export_url(sandbox: Sandbox, origin: str, session: Session, avatar: Avatar, kind: str) -> str:
    if kind == "httpURL":
        host = EVIL_ORIGIN if session.scenario == "bad_host" else origin
        if session.scenario == "not_a_glb":
            return f"{host}/"
        return links.permanent_file(sandbox, host, avatar)
    model = model_bytes(avatar.look(), sandbox.export_bytes, animated=sandbox.moves_faces)
    content = NOT_A_GLB if session.scenario == "not_a_glb" else model
    return DATA_PREFIX + base64.b64encode(content).decode()


ROUTES = (
    Route("GET", "/editor/session", "editorSession", open_session, Area.EDITOR),
    Route("POST", "/editor/avatars", "editorCreateAvatar", create_avatar, Area.EDITOR),
    Route("GET", "/editor/avatars/{avatar_id}", "editorAvatar", show_avatar, Area.EDITOR),
    Route("POST", "/editor/avatars/{avatar_id}/export", "editorExport", save, Area.EDITOR),
    Route("GET", "/editor/figure", "editorFigure", show_figure, Area.FIGURE),
)
