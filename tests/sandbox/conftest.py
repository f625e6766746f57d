import json as json_module
from collections.abc import Iterator
from typing import Any

import pytest

from django_avaturn.sandbox import Request, Response, Sandbox, SandboxServer
from tests.sandbox.site import Site

TOKEN = "sandbox-token"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Host": "sandbox.test"}


class Caller:
    """Calls a sandbox without a socket, with the project token unless told otherwise."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(
        self, method: str, target: str, json: object = None, token: str | None = TOKEN, **more: Any
    ) -> Response:
        headers = {**HEADERS, "Authorization": f"Bearer {token}"}
        if token is None:
            del headers["Authorization"]
        body = more.pop("body", b"")
        if json is not None:
            body = json_module.dumps(json).encode()
            headers["Content-Type"] = "application/json"
        headers.update(more.pop("headers", {}))
        return self.sandbox.handle(Request(method, target, headers, body))

    def session(self, user_id: str, **config: object) -> Any:
        body = {"user_id": user_id, **({"config": config} if config else {})}
        return self("POST", "/api/v1/sessions/new", body).json()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def call(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    with SandboxServer(sandbox) as running:
        yield running


@pytest.fixture
def user(sandbox: Sandbox) -> str:
    return sandbox.add_user()


@pytest.fixture
def avatar(sandbox: Sandbox, user: str) -> str:
    return sandbox.add_avatar(user)


@pytest.fixture
def got(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What reached the site in the process."""
    payloads: list[dict[str, Any]] = []

    def deliver(body: bytes) -> int:
        payloads.append(json_module.loads(body))
        return 200

    sandbox.deliver = deliver
    return payloads


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def export(call: Caller, avatar: str) -> Any:
    return call("POST", f"/api/v1/exports/new?avatar_id={avatar}").json()


def render(call: Caller, avatar: str, scene: str = "common/preview") -> Any:
    return call("POST", f"/api/v1/renders/new?avatar_id={avatar}&scene={scene}").json()
