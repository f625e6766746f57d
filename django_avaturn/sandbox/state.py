"""Users, avatars, sessions and links, and the file in which they outlive a restart."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import identifiers
from .look import Look, from_customization, to_customization


@dataclass(slots=True)
class Avatar:
    """One avatar. What it is at a moment follows from the times, see `status`."""

    id: str
    created_at: float
    upload: str = ""
    uploaded_at: float | None = None
    ready_at: float | None = None
    failed: bool = False
    opened: bool = False
    eyes: str = "brown"
    customization: dict[str, Any] | None = None
    version: int = 1
    exports: dict[str, float] = field(default_factory=dict)
    failed_exports: list[str] = field(default_factory=list)
    doomed: bool = False

    def status(self, now: float) -> str:
        """``pending``, ``processing``, ``ready`` or ``failed`` at the time ``now``."""
        if self.failed:
            return "failed"
        if self.ready_at is None:
            return "pending"
        if now < self.ready_at:
            return "processing"
        return "failed" if self.doomed else "ready"

    def progress(self, now: float) -> float:
        """How much of the processing is done, from 0 to 1."""
        if self.ready_at is None or self.uploaded_at is None:
            return 0.0 if self.ready_at is None else 1.0
        whole = max(self.ready_at - self.uploaded_at, 1e-9)
        return max(0.0, min(1.0, (now - self.uploaded_at) / whole))

    def look(self) -> Look:
        """The present look."""
        return from_customization(self.customization or {}, self.eyes)

    def wear(self, customization: dict[str, Any], eyes: str | None = None) -> None:
        """Replace the customisation; a real change makes a new version."""
        self.opened = True
        eyes = eyes or self.eyes
        if (customization, eyes) != (self.customization, self.eyes):
            self.customization, self.eyes = customization, eyes
            self.version += 1

    def forget_failed_export(self, version: int) -> None:
        """Let the next call start the export of a version anew, if it has failed."""
        if str(version) in self.failed_exports:
            self.failed_exports.remove(str(version))
            self.exports.pop(str(version), None)


@dataclass(slots=True)
class User:
    """One anonymous user."""

    id: str
    avatars: dict[str, Avatar] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """One editor session; the token in its link is the key under which it is kept."""

    id: str
    user_id: str
    kind: str
    expires_at: float
    avatar_id: str | None = None
    scenario: str = ""


@dataclass(slots=True)
class File:
    """A model, or with a scene a picture, under an address of its own.

    ``expires_at`` is None for permanent ones. An ``animated`` model can move its face.
    """

    avatar_id: str
    customization: dict[str, Any]
    eyes: str
    expires_at: float | None = None
    scene: str = ""
    animated: bool = False


@dataclass(slots=True)
class Task:
    """Work under way: the site is told of its end by webhook, with a link that has ``origin``."""

    event: str
    avatar_id: str
    due_at: float
    origin: str = ""
    id: str = ""
    scene: str = ""
    fails: bool = False
    version: int = 0
    customization: dict[str, Any] = field(default_factory=dict)
    eyes: str = "brown"


MAX_TASKS = 1000
"""So many are kept at most while nobody wants to hear of them."""


class State:
    """All records, plus the file they are kept in.

    Not locked by itself: `Sandbox.handle` lets one request in at a time.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.clear()
        if path is not None and path.exists():
            self._load(json.loads(path.read_text("utf-8")))

    def clear(self) -> None:
        """Forget every record."""
        self.users: dict[str, User] = {}
        self.sessions: dict[str, Session] = {}
        self.files: dict[str, File] = {}
        self.tasks: list[Task] = []
        self.accounts: dict[str, str] = {}

    def avatars(self) -> Iterator[tuple[User, Avatar]]:
        """Every avatar with its owner."""
        for user in self.users.values():
            for avatar in user.avatars.values():
                yield user, avatar

    def avatar(self, avatar_id: str) -> Avatar | None:
        """The avatar with this id, whoever owns it."""
        return next((one for _, one in self.avatars() if one.id == avatar_id), None)

    def owned(self, avatar_id: str) -> tuple[User, Avatar]:
        """The avatar with its owner.

        Raises:
            KeyError: there is none with this id.
        """
        for user, avatar in self.avatars():
            if avatar.id == avatar_id:
                return user, avatar
        raise KeyError(avatar_id)

    def add_task(self, task: Task) -> None:
        """Keep a task until its end has been told; of too many the oldest go."""
        self.tasks = [*self.tasks, task][-MAX_TASKS:]

    def forget_tasks(self, avatar_id: str) -> None:
        """Tell nobody how the work on an avatar ends."""
        self.tasks = [task for task in self.tasks if task.avatar_id != avatar_id]

    def add_user(self) -> User:
        """Make a user."""
        user = User(identifiers.user_id())
        self.users[user.id] = user
        return user

    def account(self, name: str) -> User:
        """The user who signs in with this name, made at the first time."""
        user = self.users.get(self.accounts.get(name, ""))
        if user is None:
            user = self.add_user()
            self.accounts[name] = user.id
        return user

    def add_avatar(self, user: User, now: float, look: Look | None = None) -> Avatar:
        """Make an avatar: ready with ``look``, or waiting for photos without."""
        avatar = Avatar(identifiers.ordered_uuid(), now)
        if look is not None:
            avatar.ready_at, avatar.opened = now, True
            avatar.customization, avatar.eyes = to_customization(look), look.eyes
        user.avatars[avatar.id] = avatar
        return avatar

    def remove_avatar(self, user: User, avatar_id: str) -> None:
        """Delete an avatar and every link to it."""
        del user.avatars[avatar_id]
        self.files = {k: f for k, f in self.files.items() if f.avatar_id != avatar_id}
        self.forget_tasks(avatar_id)
        self.sessions = {k: s for k, s in self.sessions.items() if s.avatar_id != avatar_id}

    def remove_user(self, user: User) -> None:
        """Delete a user with all avatars, sessions and links."""
        for avatar_id in list(user.avatars):
            self.remove_avatar(user, avatar_id)
        self.sessions = {k: s for k, s in self.sessions.items() if s.user_id != user.id}
        self.accounts = {name: owner for name, owner in self.accounts.items() if owner != user.id}
        del self.users[user.id]

    def forget_expired(self, now: float) -> None:
        """Drop what ended a day ago: the file must not grow for ever."""
        old = now - 86_400
        self.sessions = {k: s for k, s in self.sessions.items() if s.expires_at > old}
        self.files = {
            k: f for k, f in self.files.items() if f.expires_at is None or f.expires_at > old
        }
        self.tasks = [task for task in self.tasks if task.due_at > old]

    def save(self) -> None:
        """Write the file, so that a reader finds either the old or the new content whole."""
        if self._path is None:
            return
        # mkstemp gives mode 0600, as the links in the file deserve.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(self._dump(), stream)
            os.replace(name, self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _dump(self) -> dict[str, Any]:
        return {
            "format": 1,
            "users": {key: asdict(user) for key, user in self.users.items()},
            "sessions": {key: asdict(session) for key, session in self.sessions.items()},
            "files": {key: asdict(file) for key, file in self.files.items()},
            "tasks": [asdict(task) for task in self.tasks],
            "accounts": self.accounts,
        }

    def _load(self, data: dict[str, Any]) -> None:
        for key, user in data["users"].items():
            avatars = {name: Avatar(**avatar) for name, avatar in user["avatars"].items()}
            self.users[key] = User(key, avatars)
        self.sessions = {key: Session(**item) for key, item in data["sessions"].items()}
        self.files = {key: File(**item) for key, item in data["files"].items()}
        # Files of versions without webhooks have no tasks, of those before sign-in no accounts.
        self.tasks = [Task(**item) for item in data.get("tasks", [])]
        self.accounts = dict(data.get("accounts", {}))
