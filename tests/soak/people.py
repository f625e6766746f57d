"""Who uses the site, and what is really theirs, whatever the site says."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client

from django_avaturn.sandbox import Request, Response, Sandbox

JSON = {"content_type": "application/json"}
WELL = {200, 201, 202, 204, 403, 404, 409, 410}
"""What the site may answer here: done, not (or no longer) yours, too early, too late."""
UPSTREAM = {
    (502, "avaturn_unavailable"),
    (503, "avaturn_throttled"),
    (504, "avaturn_timeout"),
}
"""And where Avaturn does not do its part."""


class World:
    """What the people share: the sandbox, and notes that the site knows nothing of.

    ``owners`` has who made an avatar, by its id; ``unsaid`` the avatars whose last change the site
    may not have heard of, since its answer to the announcement was an error; ``taken`` those whose
    owner has sent a picture. ``answers`` counts by operation and status, ``done`` by operation.
    """

    def __init__(self, sandbox: Sandbox, host: str, faces: dict[str, int]) -> None:
        self.sandbox = sandbox
        self.faces = faces
        self.host = host
        self.plan: Any = None
        self.owners: dict[str, int] = {}
        self.unsaid: set[str] = set()
        self.taken: set[str] = set()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.lock = threading.Lock()

    def owner(self, avatar_id: str) -> int | None:
        """Who has made it: known from the editor, or by the photos that were sent."""
        if avatar_id not in self.owners:
            for upload in list(self.sandbox.uploads):
                digest = upload.photos["image-frontal"].sha256
                self.owners[upload.avatar_id] = self.faces[digest]
        return self.owners.get(avatar_id)

    def editor(self, link: str, path: str, body: object) -> Response:
        """What the editor's page, opened by a session's link, asks of Avaturn."""
        token = parse_qs(urlsplit(link).query)["token"][0]
        headers = {"Authorization": f"Bearer {token}", "Host": self.host}
        return self.sandbox.handle(Request("POST", path, headers, json.dumps(body).encode()))

    def note(self, operation: str, response: Any) -> None:
        """Count an answer, and look whether it is one that the site may give."""
        status = response.status_code
        with self.lock:
            self.answers[operation, status] += 1
        if status not in WELL and (status, _code(response)) not in UPSTREAM:
            self.wrong.append(f"{operation}: {status} {response.content[:200]!r}")


def _code(response: Any) -> str:
    return response.json().get("code", "") if "json" in response["Content-Type"] else ""


class Person:
    """Somebody with one browser: a visitor at first, then with an account, or without again."""

    def __init__(self, number: int, world: World) -> None:
        self.number = number
        self.world = world
        self.user: Any = None
        self.account = threading.RLock()
        self._cookies = SimpleCookie()
        self._lives = 0

    @contextmanager
    def browser(self) -> Iterator[Client]:
        """A tab of the browser. Tabs share their cookies, but for what happens meanwhile."""
        with self.account:
            client, before = Client(), self._cookies
            client.cookies = SimpleCookie({key: one.value for key, one in before.items()})
        yield client
        with self.account:
            if self._cookies is before:
                self._cookies = client.cookies

    def ask(self, operation: str, method: str, path: str, data: Any = None, **more: Any) -> Any:
        """Ask the site, and look whose the avatars are that it shows."""
        with self.browser() as client:
            send = getattr(client, method)
            response = send(f"/avatar/{path}", *(() if data is None else (data,)), **more)
        self.world.note(operation, response)
        for avatar in shown(response):
            if self.world.owner(avatar["id"]) not in {None, self.number}:
                self.world.wrong.append(f"{operation}: another's avatar for {self.number}")
        return response

    def sign_up(self) -> None:
        """Get an account, or log in to the one there is; what the visitor has made goes along."""
        with self.account:
            if self.user is None:
                self._lives += 1
                name = f"{self.number}-{self._lives}"
                self.user = get_user_model().objects.create_user(name)
            with self.browser() as client:
                client.force_login(self.user)

    def log_out(self) -> None:
        """Be a visitor."""
        with self.account:
            self._cookies = SimpleCookie()

    def leave(self) -> None:
        """Have the account deleted."""
        with self.account:
            user, self.user = self.user, None
            self.log_out()
            if user is not None:
                user.delete()

    def avatars(self, operation: str, status: str = "ready") -> list[dict[str, Any]]:
        """Those of this status that the site lists."""
        listed = shown(self.ask(operation, "get", "avatars/"))
        return [avatar for avatar in listed if avatar["status"] == status]

    def an_avatar(self, operation: str, dice: random.Random) -> dict[str, Any] | None:
        """One that is ready, if there is any."""
        found = self.avatars(operation)
        return dice.choice(found) if found else None


def shown(response: Any) -> list[dict[str, Any]]:
    """The avatars in an answer."""
    if "json" not in response.get("Content-Type", "") or response.status_code >= 400:
        return []
    body = response.json()
    if "status" in body:
        return [body]
    return [*body.get("results", ()), *body.get("avatars", ())]
