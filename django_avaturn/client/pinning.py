"""Requests to addresses that were checked before, with one deadline over all that they do."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from requests.certs import where  # type: ignore[attr-defined]  # certifi's, or the system's
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Timeout

from .addresses import Place, Target

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse


class Clock:
    """Seconds that are left: for one step, and for everything."""

    def __init__(self, timeout: tuple[float, float], deadline: float) -> None:
        self._connect, self._read = timeout
        self._ends = monotonic() + deadline

    def left(self) -> float:
        """Seconds until the deadline. Raises ``TimeoutError`` after it."""
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    @property
    def connect(self) -> float:
        """Seconds that a connection, or its TLS handshake, may take."""
        return min(self._connect, self.left())

    @property
    def read(self) -> float:
        """Seconds that the next bytes may take to come."""
        return min(self._read, self.left())


class _Socket(socket.socket):
    """Its time-out shrinks towards the deadline.

    An ordinary one starts anew with each byte, so a server that drips its headers could hold
    on to us for as long as it likes.
    """

    clock: Clock

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.clock.read)
        return super().recv_into(*args)


class _TLSSocket(_Socket, ssl.SSLSocket):
    """The same, encrypted."""


class _Pinned(HTTPConnection):
    """Connects to the places it is given, and is called by its host's name all the same."""

    def __init__(self, *args: Any, places: Sequence[Place], clock: Clock, **options: Any) -> None:
        super().__init__(*args, **options)
        self._places = places
        self._clock = clock

    def _new_conn(self) -> socket.socket:
        late = False
        for place in self._places:
            try:
                return _connect(place, self._clock)
            except OSError as error:
                late = isinstance(error, TimeoutError)
        if late:
            raise ConnectTimeoutError(self, "too slow")
        raise NewConnectionError(self, "refused")


class _PinnedTLS(_Pinned, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        cast("_TLSSocket", self.sock).clock = self._clock  # nothing has been read but the handshake


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pinned  # pyright: ignore[reportAssignmentType]


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS  # pyright: ignore[reportAssignmentType]


def _connect(place: Place, clock: Clock) -> socket.socket:
    sock = _Socket(place.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(clock.connect)
        sock.connect(place.sockaddr)
        sock.settimeout(clock.connect)  # for the handshake
    except BaseException:
        sock.close()
        raise
    sock.clock = clock
    return sock


def pool_for(target: Target, places: Sequence[Place], clock: Clock) -> HTTPConnectionPool:
    """A pool of one connection, to close after use. No proxy, no cookies, no credentials."""
    options: Any = {"places": places, "clock": clock, "retries": False}
    if target.scheme == "http":
        return _Pool(target.host, target.port, **options)
    context = tls_context(ca_bundle())
    return _PoolTLS(
        target.host, target.port, ssl_context=context, cert_reqs="CERT_REQUIRED", **options
    )


def get(
    pool: HTTPConnectionPool, path: str, headers: Mapping[str, str], clock: Clock
) -> BaseHTTPResponse:
    """The answer with its body still to come; redirects are not followed."""
    return pool.urlopen(
        "GET",
        path,
        headers=headers,
        redirect=False,
        assert_same_host=False,
        timeout=Timeout(connect=clock.connect, read=clock.read),
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
    )


def ca_bundle() -> str:
    """The root certificates that requests would take."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next(filter(None, map(os.environ.get, names)), None) or where()


@lru_cache(maxsize=4)
def tls_context(bundle: str) -> ssl.SSLContext:
    """Loading certificates takes longer than anything else here, hence once."""
    is_folder = os.path.isdir(bundle)
    context = ssl.create_default_context(
        cafile=None if is_folder else bundle, capath=bundle if is_folder else None
    )
    context.sslsocket_class = _TLSSocket
    return context
