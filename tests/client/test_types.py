"""Answers become typed values; what nobody promised is tolerated either way."""

from __future__ import annotations

import gzip
import json
from dataclasses import FrozenInstanceError
from typing import Any
from uuid import UUID

import pytest

from django_avaturn.client import (
    EditorSession,
    Export,
    NewAvatar,
    RemoteAvatar,
    RemoteUser,
    Render,
    SessionConfig,
)
from django_avaturn.exceptions import AvaturnUnavailable

from .calls import AVATAR, FILE_LINK, NAMED, OTHER, SESSION, SESSION_LINK, USER
from .server import Answer, Server

NEW = {"future": {"field": [1, None]}}
RESULTS = [name for name, call in NAMED.items() if call.answer is not None and not call.upload]
WITHOUT_RESULT = ["delete-user", "delete-avatar", "set-customization", "upload"]


def ask(server: Server, api: Any, name: str, answer: Any, **options: Any) -> Any:
    """Make one of the calls, with this answer."""
    server.answers(Answer(options.pop("status", 200), answer, **options))
    return NAMED[name].make(api)


@pytest.mark.parametrize(
    ("name", "answer", "kind", "fields"),
    [
        ("user", {"id": USER}, RemoteUser, {"id": USER}),
        (
            "session-default",
            SESSION,
            EditorSession,
            {"id": UUID(OTHER), "url": SESSION_LINK, "type": "create_or_edit_existing"},
        ),
        ("session-edit", SESSION, EditorSession, {"type": "edit_existing"}),
        (
            "avatar",
            {"avatar_id": OTHER, "upload_url": "https://up.example.com/u"},
            NewAvatar,
            {"avatar_id": UUID(OTHER), "upload_url": "https://up.example.com/u"},
        ),
        (
            "render-png",
            {"id": OTHER, "status": "pending", "render_url": None},
            Render,
            {"id": UUID(OTHER), "status": "pending", "render_url": None},
        ),
        (
            "render-png",
            {"id": OTHER, "status": "brand_new", "render_url": FILE_LINK},
            Render,
            {"status": "brand_new", "render_url": FILE_LINK},
        ),
        ("render-png", {"id": OTHER, "status": "pending"}, Render, {"render_url": None}),
        ("export", {"status": "pending", "url": None}, Export, {"url": None}),
        ("export", {"status": "brand_new"}, Export, {"status": "brand_new", "url": None}),
        ("export", {"status": "ready", "url": FILE_LINK}, Export, {"url": FILE_LINK}),
    ],
)
def test_result(
    server: Server, api: Any, name: str, answer: Any, kind: type, fields: dict[str, Any]
) -> None:
    result = ask(server, api, name, {**answer, **NEW})

    assert type(result) is kind
    assert {key: getattr(result, key) for key in fields} == fields
    assert result.raw == {**answer, **NEW}
    with pytest.raises(FrozenInstanceError):
        result.raw = {}


def test_list(server: Server, api: Any) -> None:
    items = [{"id": str(AVATAR), "status": "ready", **NEW}, {"id": OTHER, "status": "brand_new"}]

    first, second = ask(server, api, "list", items)

    assert isinstance(first, RemoteAvatar)
    assert (first.id, first.status, first.raw) == (AVATAR, "ready", items[0])
    assert second.status == "brand_new"


def test_empty_list(server: Server, api: Any) -> None:
    assert ask(server, api, "list", []) == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"null", "application/json"),
        (202, b"null", "application/json"),
        (204, b"", "application/json"),
        (200, b"", "application/json"),
        (200, b"<html>gone</html>", "text/html"),
        (201, b'{"deleted": true}', "application/json"),
        (200, b"\xff\xfe\x00", "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("name", WITHOUT_RESULT)
def test_any_success_will_do(
    server: Server, api: Any, name: str, status: int, body: bytes, kind: str
) -> None:
    assert ask(server, api, name, body, status=status, headers={"Content-Type": kind}) is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"<html>busy</html>",
        b'"text"',
        b"7",
        b"[null]",
        b'{"id": ',
        b"\xff\xfe\x00",
        b"[" * 200_000,
    ],
    ids=["empty", "null", "html", "text", "number", "list", "cut", "bytes", "deep"],
)
@pytest.mark.parametrize("name", RESULTS)
def test_useless_answer(server: Server, api: Any, name: str, body: bytes) -> None:
    with pytest.raises(AvaturnUnavailable):
        ask(server, api, name, body)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("user", {}),
        ("user", {"id": None}),
        ("user", {"id": ""}),
        ("user", {"id": 7}),
        ("user", {"id": "NUL\0"}),
        ("user", {"id": "half a pair \ud800"}),
        ("session-default", {"id": OTHER}),
        ("session-default", {"id": "no uuid", "url": SESSION_LINK}),
        ("session-default", {"id": OTHER, "url": None}),
        ("list", {}),
        ("list", [{"id": "no uuid", "status": "ready"}]),
        ("list", [{"id": OTHER}]),
        ("list", [{"id": OTHER, "status": "\ud800"}]),
        ("avatar", {"avatar_id": OTHER, "upload_url": None}),
        ("render-png", {"id": OTHER, "status": None}),
        ("render-png", {"id": OTHER, "status": "ready", "render_url": ["x"]}),
        ("export", {"url": FILE_LINK}),
        ("export", {"status": "ready", "url": 7}),
        ("get-customization", {"assets": ["clothing"]}),
        ("get-customization", {"body": 7}),
        ("get-customization", {"bone_scale": "big"}),
        ("get-customization", {"skin_tone_correction": "10"}),
    ],
)
def test_wrong_shape(server: Server, api: Any, name: str, answer: Any) -> None:
    with pytest.raises(AvaturnUnavailable, match="another form"):
        ask(server, api, name, answer)


def test_compressed_answer(server: Server, api: Any) -> None:
    body = gzip.compress(json.dumps({"id": USER}).encode())
    assert ask(server, api, "user", body, headers={"Content-Encoding": "gzip"}).id == USER


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {"type": "create_or_edit_existing"}),
        ({"type": "create"}, {"type": "create"}),
        (
            {"type": "edit_existing", "avatar_id": AVATAR},
            {"type": "edit_existing", "avatar_id": str(AVATAR)},
        ),
    ],
)
def test_session_config(options: dict[str, Any], sent: dict[str, str]) -> None:
    assert SessionConfig(**options).as_json() == sent


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"type": "edit-existing"}, "must be one of"),
        ({"type": "edit_existing"}, "avatar_id"),
        ({"type": "create", "avatar_id": AVATAR}, "avatar_id"),
        ({"avatar_id": AVATAR}, "avatar_id"),
    ],
)
def test_impossible_session_config(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SessionConfig(**options)
