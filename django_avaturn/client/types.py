"""What Avaturn answers, as frozen values.

Field names are the API's own. Whatever else an answer holds is kept in ``raw``. Statuses are
plain strings, because values that nobody has seen yet must not break a site. Links stay out of
every ``repr``, so that no log or traceback shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args
from uuid import UUID

from .secret import Secret

SessionType = Literal["create_or_edit_existing", "edit_existing", "create"]
RenderFormat = Literal["jpg", "png", "webp"]
SESSION_TYPES: tuple[str, ...] = get_args(SessionType)

Json = Mapping[str, Any]


def json_object(payload: object) -> Json:
    """``payload`` itself. Raises ``TypeError`` for anything but an object."""
    if not isinstance(payload, Mapping):
        raise TypeError("a JSON object was expected")
    return payload


def _text(payload: Json, key: str) -> str:
    value = payload[key]
    # No database takes NUL or half a surrogate pair, and no address has them.
    if not isinstance(value, str) or not value or not value.isprintable():
        raise TypeError(f"{key} must be a string")
    return value


def _link(payload: Json, key: str) -> str:
    return Secret(_text(payload, key))


def _link_if_made(payload: Json, key: str) -> str | None:
    return _link(payload, key) if payload.get(key) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """What the editor shows: ``type``, and for ``edit_existing`` which avatar."""

    type: SessionType = "create_or_edit_existing"
    avatar_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.type not in SESSION_TYPES:
            raise ValueError(f"type must be one of: {', '.join(SESSION_TYPES)}.")
        if (self.type == "edit_existing") != (self.avatar_id is not None):
            raise ValueError("avatar_id belongs to type 'edit_existing', and must be given there.")

    def as_json(self) -> dict[str, str]:
        """The API's ``config`` object."""
        avatar = {"avatar_id": str(self.avatar_id)} if self.avatar_id else {}
        return {"type": self.type, **avatar}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteUser:
    """An anonymous owner of avatars. ``id`` is an opaque string."""

    id: str
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read the answer of ``POST users/new``."""
        data = json_object(payload)
        return cls(id=_text(data, "id"), raw=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorSession:
    """One short-lived link into the hosted editor. Never store or log ``url``.

    ``id`` is None where it is a project's own address, on the plan without API.
    """

    id: UUID | None
    type: SessionType
    url: str = field(repr=False)
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object, type: SessionType) -> Self:
        """Read the answer of ``POST sessions/new``; ``type`` is what was asked for."""
        data = json_object(payload)
        return cls(id=UUID(_text(data, "id")), type=type, url=_link(data, "url"), raw=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAvatar:
    """An avatar as listed. ``status``: pending, processing, ready, failed, or yet unknown."""

    id: UUID
    status: str
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read one item of the avatar list."""
        data = json_object(payload)
        return cls(id=UUID(_text(data, "id")), status=_text(data, "status"), raw=data)

    @classmethod
    def parse_list(cls, payload: object) -> list[Self]:
        """Read the avatar list, a bare array."""
        if not isinstance(payload, list):
            raise TypeError("a JSON array was expected")
        return [cls.parse(item) for item in payload]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAvatar:
    """A reserved avatar. ``upload_url`` is a permission by itself: never store or log it."""

    avatar_id: UUID
    upload_url: str = field(repr=False)
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read the answer of ``POST avatars/new``."""
        data = json_object(payload)
        avatar_id = UUID(_text(data, "avatar_id"))
        return cls(avatar_id=avatar_id, upload_url=_link(data, "upload_url"), raw=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """A picture being made. ``render_url`` is a link of minutes: never store or log it."""

    id: UUID
    status: str
    render_url: str | None = field(repr=False)
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read the answer of ``POST renders/new``."""
        data = json_object(payload)
        return cls(
            id=UUID(_text(data, "id")),
            status=_text(data, "status"),
            render_url=_link_if_made(data, "render_url"),
            raw=data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A GLB being made; it has no id. ``url`` is a link of minutes: never store or log it."""

    status: str
    url: str | None = field(repr=False)
    raw: Json = field(repr=False)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read the answer of ``POST exports/new``."""
        data = json_object(payload)
        return cls(status=_text(data, "status"), url=_link_if_made(data, "url"), raw=data)
