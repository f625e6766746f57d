"""Guarded streaming of a remote file into an open one; knows neither models nor settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from .. import __version__
from ..exceptions import AvaturnError, DownloadFailed, DownloadRefused
from .addresses import Target, admit, join
from .discretion import cause, quietly
from .filekinds import Downloaded, FileKind, transfer
from .network import current
from .pinning import Clock, get
from .secret import Secret

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

T = TypeVar("T")

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {
    "User-Agent": f"django-avaturn/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


def download(
    url: str,
    into: BinaryIO,
    *,
    hosts: Sequence[str],
    kind: FileKind,
    max_bytes: int,
    timeout: tuple[float, float],
    deadline: float,
) -> Downloaded:
    """Fetch a file from a listed host and write it to ``into``, at most 256 KiB at a time.

    ``hosts`` are entries as in ``DOWNLOAD_HOSTS``; ``timeout`` is in seconds to connect and to
    the next bytes, ``deadline`` in seconds for everything, redirects included. Nothing is sent
    but the request: no token, cookie or login from ``.netrc``, and no proxy of the environment is
    used, since it would look the host up anew.

    Raises ``DownloadRefused`` or its ``FileRefused`` where the link or the file is not allowed,
    ``DownloadFailed`` where it did not work out; their ``permanent`` says whether that will stay
    so. What was written until then stays in ``into``. Errors of ``into`` itself come through.
    """
    clock = Clock(timeout, deadline)
    with quietly():
        for _ in range(1 + MAX_REDIRECTS):
            target = admit(url, hosts)
            with _answer(target, clock) as response:
                location = Secret(response.headers.get("Location") or "")
                if not location or response.status not in REDIRECTS:
                    return _store(response, target, into, kind, max_bytes)
                url = Secret(join(url, location))
    raise DownloadRefused(
        f"The file was redirected more than {MAX_REDIRECTS} times.", permanent=False
    )


@contextmanager
def _answer(target: Target, clock: Clock) -> Iterator[BaseHTTPResponse]:
    """The answer while its connection lasts."""
    pool = _guarded(lambda: current().pool(target, clock), target)
    try:
        response = _guarded(lambda: get(pool, target.path, HEADERS, clock), target)
        try:
            yield response
        finally:
            response.close()
    finally:
        pool.close()


def _store(
    response: BaseHTTPResponse, target: Target, into: BinaryIO, kind: FileKind, max_bytes: int
) -> Downloaded:
    """Check what the headers say, then take the body."""
    _check_headers(response, target)
    length = response.headers.get("Content-Length", "")
    chunked = "Transfer-Encoding" in response.headers  # then the length does not count

    def read(size: int) -> bytes:
        return _guarded(partial(response.read, size), target)

    announced = int(length) if length and not chunked else None
    return transfer(read, into.write, kind, max_bytes=max_bytes, announced=announced)


def _check_headers(response: BaseHTTPResponse, target: Target) -> None:
    if response.status != 200:
        reason = f"The file host {target.name} answered with status {response.status}."
        raise DownloadFailed(reason, status=response.status)
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        reason = f"The file host {target.name} sent the file in an encoding nobody asked for."
        raise DownloadRefused(reason, permanent=False)
    length = response.headers.get("Content-Length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise DownloadFailed(f"The file host {target.name} sent a length that is no number.")


def _guarded(step: Callable[[], T], target: Target) -> T:
    """The result of a step on the network; its errors show an address, so they stay in here."""
    failure: AvaturnError
    try:
        return step()
    except (HTTPError, OSError, ValueError) as error:
        failure = _failure(error, target)
    raise failure  # out here, so that it carries no context


def _failure(error: Exception, target: Target) -> DownloadFailed:
    # A refused connection counts as a connect time-out in urllib3.
    late = isinstance(error, (TimeoutError, UrllibTimeout))
    if late and not isinstance(error, NewConnectionError):
        return DownloadFailed(f"The file host {target.name} did not send the file in time.")
    return DownloadFailed(f"The file host {target.name} could not be reached ({cause(error)}).")
