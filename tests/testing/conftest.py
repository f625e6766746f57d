import socket
from typing import Any

import pytest


class NoSockets(Exception):
    """Somebody wanted one."""


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> type[NoSockets]:
    """Nothing connects to anything, and no name is looked up."""

    def refuse(*args: Any, **options: Any) -> None:
        raise NoSockets

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return NoSockets
