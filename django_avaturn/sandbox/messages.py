"""What goes into the sandbox and what comes out of it, with no socket in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer, and how it is to be delivered.

    ``delay`` is in seconds and comes before the first byte. ``drop`` means that the connection
    ends with no answer at all. ``drip`` is the pause in seconds between two bytes of the body.
    Whoever carries the answer (a socket, a test transport) has to honour the three.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    delay: float = 0.0
    drop: bool = False
    drip: float | None = None

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
