"""Addresses that the sandbox hands out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import identifiers
from .state import Avatar, File, Session

if TYPE_CHECKING:
    from .service import Sandbox

FILE_SECONDS = 900
"""How long a temporary link to a model or a picture works."""


def editor(origin: str, session: Session, token: str) -> str:
    """The link of a session."""
    query = {"session_id": session.id, "token": token}
    if session.avatar_id:
        query = {"customization_id": session.avatar_id, **query}
    return f"{origin}/editor?{urlencode(query)}"


def upload(origin: str, token: str) -> str:
    """Where the photos of a reserved avatar go."""
    return f"{origin}/uploads/{token}"


def temporary_file(sandbox: Sandbox, origin: str, file: File) -> str:
    """A new link to a model, or to a picture if it has a scene; it ends after `FILE_SECONDS`."""
    token = identifiers.secret()
    ends = sandbox.clock.now() + FILE_SECONDS
    file = replace(file, expires_at=ends, animated=sandbox.moves_faces)
    sandbox.state.files[token] = file
    return f"{origin}/files/{token}.{'png' if file.scene else 'glb'}"


def permanent_file(sandbox: Sandbox, origin: str, avatar: Avatar) -> str:
    """A link that lasts, in the form that the editor hands out; no ``.glb`` at its end."""
    export_id = identifiers.ordered_uuid()
    file = File(avatar.id, avatar.customization or {}, avatar.eyes)
    sandbox.state.files[export_id] = replace(file, animated=sandbox.moves_faces)
    return f"{origin}/avatars/exports/{export_id}/model"
