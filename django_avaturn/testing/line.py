"""A line to a sandbox in the same process: HTTP as on the wire, with no socket under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from ..client.addresses import Target
from ..client.network import Network
from ..client.pinning import Clock
from ..sandbox import Request, Response, Sandbox

if TYPE_CHECKING:
    from requests import PreparedRequest
    from requests import Response as RequestsResponse
    from urllib3.util import Retry

Patience = Callable[[], tuple[float, float]]
"""Seconds that the next bytes may take, and all of them together."""


class OutsideHost(AssertionError):
    """A test was about to reach a host other than the stand-in. Nothing has left the process."""


class Fence(Network):
    """Lets nobody out but to one host. ``astray`` has the errors of those who wanted out."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.astray: list[OutsideHost] = []

    def check(self, host: str | None) -> None:
        """Raises ``OutsideHost`` for another host."""
        if host == self.host:
            return
        error = OutsideHost(
            f"This test was about to reach {host}. With django_avaturn.testing there is no way "
            "out: leave API_URL and PROJECT_URL to it, and answer for other services yourself."
        )
        self.astray.append(error)
        raise error


class Line(Fence):
    """The network of a test: leads to one sandbox under one name, and nowhere else.

    Time is not spent: an answer that would come too late is a time-out at once, any other is
    there at once. While ``is_cut`` no connection comes about.
    """

    def __init__(self, sandbox: Sandbox, host: str) -> None:
        super().__init__(host)
        self.sandbox = sandbox
        self.is_cut = False

    def adapter(self, retry: Retry) -> BaseAdapter:
        """For calls and uploads."""
        return _Adapter(self, retry)

    def pool(self, target: Target, clock: Clock) -> HTTPConnectionPool:
        """For a download. Names are not looked up."""

        def patience() -> tuple[float, float]:
            return clock.read, clock.left()

        kind = _PoolTLS if target.scheme == "https" else _Pool
        return kind(target.host, target.port, line=self, patience=patience, retries=False)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Let no connection come about in here."""
        before, self.is_cut = self.is_cut, True
        try:
            yield
        finally:
            self.is_cut = before

    def connect(self, connection: HTTPConnection, patience: Patience | None) -> Any:
        """What stands for the connection's socket."""
        self.check(connection.host)
        if self.is_cut:
            raise NewConnectionError(cast("Any", connection), "refused")
        return _Wire(self.sandbox, patience)


class _Wire:
    """As much of a socket as http.client uses, for one request and its answer."""

    def __init__(self, sandbox: Sandbox, patience: Patience | None) -> None:
        self._sandbox = sandbox
        self._patience = patience or self._own_patience
        self._sent = bytearray()
        self._timeout: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def sendall(self, data: Any) -> None:
        self._sent += data

    def makefile(self, mode: str, *args: Any) -> BufferedReader:
        return BufferedReader(_Answer(self._answer()))

    def _answer(self) -> Iterator[bytes]:
        """Begins with the first byte that is read: an error belongs there, as on a socket."""
        request = read_request(bytes(self._sent))
        if self._sandbox.refuses(request.method, request.path):
            raise ConnectionResetError
        yield from _arriving(self._sandbox.handle(request), self._patience)

    def close(self) -> None:
        """Nothing is open."""

    def _own_patience(self) -> tuple[float, float]:
        seconds = float("inf") if self._timeout is None else self._timeout
        return seconds, seconds


def read_request(sent: bytes) -> Request:
    """A request as it went over the line."""
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    return Request(method, target, headers, body, scheme="https")


def _arriving(response: Response, patience: Patience) -> Iterator[bytes]:
    """The bytes of an answer. Raises ``TimeoutError`` where they would come too late."""
    waited = 0.0

    def wait(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        single, total = patience()
        if seconds >= single or waited >= total:
            raise TimeoutError("timed out")

    wait(response.delay)
    if response.reset:
        raise ConnectionResetError
    if response.drop:
        return
    yield response.head(Connection="close")
    for piece in response.pieces():
        size = len(piece) if response.drip is None else response.drip_bytes
        for start in range(0, len(piece), max(1, size)):
            wait(response.drip or 0.0)
            yield piece[start : start + size]


class _Answer(RawIOBase):
    """Reads what an iterator yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


class _Connection(HTTPConnection):
    """Ends with each answer, so none is kept that would have to be asked whether it lives."""

    def __init__(
        self, *args: Any, line: Line, patience: Patience | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._line = line
        self._patience = patience

    def connect(self) -> None:
        self.sock = self._line.connect(self, self._patience)


class _ConnectionTLS(_Connection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.is_verified = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _ConnectionTLS  # pyright: ignore[reportAssignmentType]


class _Adapter(HTTPAdapter):
    """That of requests, with its retries and time limits, on a line."""

    def __init__(self, line: Line, retry: Retry) -> None:
        self._line = line
        super().__init__(max_retries=retry)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_Pool, line=self._line),
            "https": partial(_PoolTLS, line=self._line),
        }

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> RequestsResponse:
        """Through no proxy, whatever the environment says."""
        return super().send(request, *args, **{**options, "proxies": {}})
