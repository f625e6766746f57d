"""What goes into the sandbox and what comes out of it, with no socket in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    ``target`` is a path with its query, or an absolute address; ``headers`` are looked up without
    regard to case. Whatever may hold a token or a link stays out of ``repr``.
    """

    method: str
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    scheme: str = "http"

    @property
    def _absolute(self) -> bool:
        return self.target.startswith(("http://", "https://"))

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        target = urlsplit(self.target).path if self._absolute else self.target.partition("?")[0]
        return target.partition("#")[0] or "/"

    @property
    def query(self) -> dict[str, str]:
        """The query as a mapping; of repeated names the last one counts."""
        text = self.target.partition("#")[0].partition("?")[2]
        return dict(parse_qsl(text, keep_blank_values=True))

    @property
    def origin(self) -> str:
        """Scheme and host under which the caller knows this server."""
        if self._absolute:
            parts = urlsplit(self.target)
            return f"{parts.scheme}://{parts.netloc}"
        return f"{self.scheme}://{self.header('host') or 'localhost'}"

    @property
    def bearer(self) -> str:
        """The bearer token, or an empty string."""
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def header(self, name: str) -> str:
        """Value of a header, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


ZEROS = bytes(64 * 1024)
"""What filling is made of, piece by piece."""


STATUSES = frozenset(HTTPStatus)


@dataclass(frozen=True, slots=True)
class Stream:
    """A body of ``length`` bytes that is made while it is sent, and anew for each reading."""

    pieces: Callable[[], Iterator[bytes]]
    length: int


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer, and how it is to be delivered.

    ``delay`` is in seconds and comes before the first byte. ``drop`` means that the connection
    ends with no answer at all, and ``reset`` that it does not even end in good order. ``drip`` is
    the pause in seconds before every ``drip_bytes`` of the body. ``keep`` cuts the body to so many
    bytes, and ``announced`` is its length as the header has it, true or not. An ``endless`` body is
    followed by zeros until the caller goes away. Whoever carries the answer (a socket, a test
    transport) sends `pieces`, announces `length`, and honours the first five.
    """

    status: int = 200
    content: bytes | Stream = field(default=b"", repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    delay: float = 0.0
    drop: bool = False
    drip: float | None = None
    drip_bytes: int = 1
    keep: int | None = None
    announced: int | None = None
    endless: bool = False
    reset: bool = False

    @property
    def length(self) -> int | None:
        """What goes into the Content-Length header; None where there is none."""
        if self.endless:
            return None
        return self._size if self.announced is None else self.announced

    @property
    def _size(self) -> int:
        return self.whole if self.keep is None else min(self.keep, self.whole)

    @property
    def whole(self) -> int:
        """Length of the true body in bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.length

    def head(self, **more: str) -> bytes:
        """Status line and headers as they go out, those of the connection among ``more``."""
        reason = HTTPStatus(self.status).phrase if self.status in STATUSES else ""
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Type: {self.content_type}")
            if self.length is not None:
                lines.append(f"Content-Length: {self.length}")
        lines += [f"{name}: {value}" for name, value in {**self.headers, **more}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def pieces(self) -> Iterator[bytes]:
        """The body as it goes out."""
        content, left = self.content, self._size
        for piece in (content,) if isinstance(content, bytes) else content.pieces():
            if not left:
                break
            yield piece[:left]
            left -= min(left, len(piece))
        while self.endless:
            yield ZEROS

    @property
    def body(self) -> bytes:
        """The body in one piece.

        Raises:
            ValueError: it has no end.
        """
        if self.endless:
            raise ValueError("This body has no end; read its pieces.")
        return b"".join(self.pieces())

    def json(self) -> object:
        """The body, decoded.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reached the sandbox. ``status`` is 0 where no answer was sent."""

    operation: str
    method: str
    path_template: str
    status: int


def reply(payload: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Response(status, body, headers={"Cache-Control": "no-store"})


def error(status: int, detail: object) -> Response:
    """An error in the shape of the service: ``{"detail": …}``."""
    return reply({"detail": detail}, status)
