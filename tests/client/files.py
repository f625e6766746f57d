"""A file host on a real socket that misbehaves as told, and an internet that leads to it."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from time import monotonic
from typing import Any

import pytest

from django_avaturn.client import GLB, Downloaded, download, pinning
from django_avaturn.exceptions import AvaturnError

from .test_secrets import chain, everything

MIB = 1024 * 1024
SECRET = "file-secret-12ab"
NAME = "files.example.com"
PATH = f"/opaque-{SECRET}.glb?sig={SECRET}"


def glb(size: int = 1000, *, says: int | None = None, version: int = 2) -> bytes:
    """A file that begins like a GLB of the length it ``says``, by default its own."""
    head = struct.pack("<4sII", b"glTF", version, size if says is None else says)
    return (head + bytes(range(251)) * (size // 251 + 1))[:size]


@dataclass
class Reply:
    """One answer, written as it stands.

    ``body`` goes out piece by piece, ``pause`` seconds apart; ``length`` is what Content-Length
    says, None for no such header. With ``hold``, the connection then stays open, and silent.
    """

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0
    hold: bool = False

    def head(self) -> bytes:
        headers = {"Content-Type": "application/octet-stream", **self.headers}
        if self.length is not None:
            headers["Content-Length"] = str(self.length)
        lines = [f"HTTP/1.1 {self.status} Some Reason"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def pieces(self) -> Iterable[bytes]:
        return [self.body] if isinstance(self.body, bytes) else self.body


def whole(body: bytes, **options: Any) -> Reply:
    """An answer without a fault."""
    return Reply(body, length=len(body), **options)


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location}, length=0)


def byte_by_byte(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


class FileHost:
    """Answers each request with the next reply, and with the last one for ever after.

    ``requests`` are the heads as they came, ``sent`` counts the bytes of all bodies that the
    network has taken, ``hung_up`` is set whenever a connection has ended.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, family: int = socket.AF_INET) -> None:
        self._tls = tls
        loopback = "127.0.0.1" if family == socket.AF_INET else "::1"
        self._door = socket.create_server((loopback, 0), family=socket.AddressFamily(family))
        # Little may be on the way, so that ``sent`` is close to what has been read.
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 128 * 1024)
        self.port: int = self._door.getsockname()[1]
        self.netloc = f"127.0.0.1:{self.port}" if family == socket.AF_INET else f"[::1]:{self.port}"
        self.url = f"http://{self.netloc}{PATH}"
        self.replies: list[Reply] = []
        self.before: Callable[[socket.socket], None] | None = None
        self.requests: list[str] = []
        self.connections = 0
        self.sent = 0
        self.server_names: list[str] = []
        self.stopping = threading.Event()
        self.hung_up = threading.Event()
        self._threads: list[threading.Thread] = []

    def replies_with(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def serve(self) -> None:
        while True:
            connection, _ = self._door.accept()
            if self.stopping.is_set():
                connection.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._handle, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        with socket.socket(self._door.family) as bell:  # wakes ``accept``, without the resolver
            bell.connect(self._door.getsockname())

    def close(self) -> None:
        for thread in self._threads:
            thread.join()
        self._door.close()

    def _handle(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with connection, suppress(OSError):
            if self.before:
                self.before(connection)
            if self._tls is None:
                self._answer(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as secure:
                    self._answer(secure)
        self.hung_up.set()

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            piece = connection.recv(4096)
            if not piece:
                return
            request += piece
        self.requests.append(request.decode("latin-1"))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        self._drip(connection, reply)
        if reply.hold:
            connection.recv(1)  # until the other side has gone

    def _drip(self, connection: socket.socket, reply: Reply) -> None:
        connection.sendall(reply.head())
        for piece in reply.pieces():
            while piece:
                taken = connection.send(piece)
                self.sent += taken
                piece = piece[taken:]
            if self.stopping.wait(reply.pause):
                return


@contextmanager
def serving(**options: Any) -> Iterator[FileHost]:
    host = FileHost(**options)
    thread = threading.Thread(target=host.serve)
    thread.start()
    try:
        yield host
    finally:
        host.stop()
        thread.join()
        host.close()


class Internet:
    """Names, their addresses, and one host that is behind every address.

    Stands in for the resolver and for the last step to the network. ``looked_up`` and
    ``connected`` say what was asked for. A list of lists answers one look-up after the other.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.looked_up: list[str] = []
        self.connected: list[tuple[Any, ...]] = []
        self.host: FileHost | None = None
        self.unreachable: set[str] = set()
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)
        monkeypatch.setattr(pinning._Socket, "connect", self._connect_for(), raising=False)

    def _getaddrinfo(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        self.looked_up.append(host)
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, port))
            for ip in addresses
        ]

    def _connect_for(self) -> Callable[[socket.socket, tuple[Any, ...]], None]:
        def connect(sock: socket.socket, address: tuple[Any, ...]) -> None:
            self.connected.append(address)
            if address[0] in self.unreachable or self.host is None:
                raise ConnectionRefusedError
            socket.socket.connect(sock, ("127.0.0.1", self.host.port))

        return connect


def fetch(host: FileHost | None = None, **options: Any) -> tuple[Downloaded, bytes]:
    into = BytesIO()
    defaults = {"kind": GLB, "max_bytes": 64 * MIB, "timeout": (5.0, 5.0), "deadline": 20.0}
    hosts = [host.netloc] if host else []
    url = host.url if host else f"https://{NAME}{PATH}"
    facts = download(**{"url": url, "into": into, "hosts": hosts, **defaults, **options})
    return facts, into.getvalue()


@contextmanager
def fails(
    kind: type[AvaturnError], text: str | None = None, *, permanent: bool = False
) -> Iterator[Any]:
    """Expect an error of this very kind, in time, that gives nothing away."""
    started = monotonic()
    with pytest.raises(kind, match=text) as caught:
        yield caught
    assert type(caught.value) is kind
    assert caught.value.permanent is permanent
    assert SECRET not in everything(caught.value)
    assert list(chain(caught.value)) == [caught.value]
    assert monotonic() - started < 3


@contextmanager
def no_link_in(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hear all loggers, at every level."""
    for name in ["", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, name)
    yield
    records = caplog.get_records("call")
    assert not [r for r in records if SECRET in f"{r.getMessage()} {r.exc_text} {vars(r)!r}"]
