"""What a person does in the editor, and what the page does with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.test import Client
from django.urls import reverse

from ..conf import settings
from ..models import Avatar
from ..sandbox import Request, Sandbox

JSON = "application/json"


class EditorPage:
    """Avaturn's editor in a browser, opened by a link, or on the plan without API signed in."""

    def __init__(self, sandbox: Sandbox, origin: str, link: str, account: str) -> None:
        self._sandbox = sandbox
        self._origin = origin
        self._token = ""
        self._token = _token(link) if link else self._sign_in(account)

    def _sign_in(self, account: str) -> str:
        return str(self._ask("POST", "/iframe/accounts", {"name": account})["token"])

    def save(self, avatar_id: str, body: str, look: Mapping[str, Any]) -> dict[str, Any]:
        """Change an avatar and press Next; returns what the SDK hands to the page.

        Without ``avatar_id`` it is the one that the session is for, else the person's first, else
        a new one.
        """
        opened = self._ask("GET", "/editor/session")
        known = [one["id"] for one in opened["avatars"]] if opened["kind"] != "create" else []
        avatar_id = avatar_id or opened["avatarId"] or next(iter(known), "")
        avatar_id = avatar_id or self._ask("POST", "/editor/avatars", {"body": body})["id"]
        return self._ask("POST", f"/editor/avatars/{avatar_id}/export", {"look": dict(look)})

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": JSON}
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, f"{self._origin}{path}", headers, content)
        response = self._sandbox.handle(request)
        if response.status != 200:
            raise AssertionError(f"Avaturn's editor refused {method} with {response.status}.")
        answer: dict[str, Any] = json.loads(response.body)
        return answer


def _token(link: str) -> str:
    return parse_qs(urlsplit(link).query).get("token", [""])[0]


class SitePage:
    """A page of the site with the editor in it, in the browser that ``client`` is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def open_session(self, avatar_id: str) -> str:
        """The link that the page gets for the editor: for this avatar, or for a new one."""
        wanted = {"type": "edit_existing", "avatar_id": avatar_id} if avatar_id else {}
        consent = {"consent": settings.CONSENT_VERSION} if settings.CONSENT_VERSION else {}
        body = {"type": "create", **wanted, **consent}
        return str(self._post("avaturn:session-list", [], body)["url"])

    def export(self, exported: Mapping[str, Any]) -> Avatar:
        """Tell the site what the SDK has handed over."""
        avatar_id = exported["avatarId"]
        self._post("avaturn:export-list", [avatar_id], exported)
        avatar: Avatar = Avatar.objects.select_related("profile").get(pk=UUID(avatar_id))
        return avatar

    def _post(self, route: str, args: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
        path = reverse(route, args=args)
        response = self._client.post(path, dict(body), content_type=JSON, secure=True)
        answer = response.json() if response.headers.get("Content-Type") == JSON else {}
        if response.status_code != 201:
            told = f"{answer.get('code', '')} {answer.get('detail', '')}".strip()
            raise AssertionError(f"{route} answered with {response.status_code}: {told or path}")
        return dict(answer)
