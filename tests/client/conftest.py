"""A scripted server for each test, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_avaturn.client import AvaturnClient

from .calls import TOKEN
from .server import Server, running


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def connect(server: Server) -> Callable[..., AvaturnClient]:
    """Make a client for the server, with a short time limit and options of your own."""

    def make(**options: Any) -> AvaturnClient:
        return AvaturnClient(TOKEN, **{"base_url": server.url, "timeout": 5.0, **options})

    return make


@pytest.fixture
def api(connect: Callable[..., AvaturnClient]) -> AvaturnClient:
    return connect()
