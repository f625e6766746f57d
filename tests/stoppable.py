"""An Avaturn that goes down and comes back."""

from __future__ import annotations

from typing import Self

from django_avaturn.sandbox import Sandbox, SandboxServer


class Stoppable:
    """A sandbox that listens on the same port each time it is started."""

    def __init__(self, token: str) -> None:
        self.sandbox = Sandbox(tokens=[token])
        self._server = SandboxServer(self.sandbox).start()
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        port = int(self.url.rpartition(":")[2])
        self._server = SandboxServer(self.sandbox, port=port).start()

    @property
    def connections(self) -> int:
        """How many were accepted since it was started."""
        return self._server.connections

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()
