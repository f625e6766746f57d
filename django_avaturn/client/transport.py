"""One HTTP exchange with Avaturn: pooled connections, time limits, retries, error mapping."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.exceptions import TimeoutError as UrllibTimeout

from .. import __version__, log
from ..exceptions import (
    AvaturnConflict,
    AvaturnError,
    AvaturnGone,
    AvaturnInvalid,
    AvaturnNotFound,
    AvaturnRejected,
    AvaturnThrottled,
    AvaturnTimeout,
    AvaturnUnauthorized,
    AvaturnUnavailable,
)
from .details import describe
from .discretion import cause, innermost, quietly
from .limits import SafeRetry, TimeLimit
from .multipart import Multipart
from .network import Network, current

MAX_BODY = 8 * 1024 * 1024
"""Bytes of an answer at the most. The API sends small JSON objects; files come another way."""

UPLOAD_FACTOR = 6
"""How many times as long as for the longest call there is to send three photos."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_REASONS: dict[int, tuple[type[AvaturnError], str]] = {
    401: (AvaturnUnauthorized, "Avaturn does not accept the API token."),
    402: (AvaturnUnauthorized, "The project's plan does not allow this."),
    403: (AvaturnUnauthorized, "Avaturn does not accept the API token, or the plan forbids this."),
    404: (AvaturnNotFound, "Avaturn knows no such user or avatar in this project."),
    409: (AvaturnConflict, "An asset was put into a slot of another kind."),
    410: (AvaturnGone, "One or more assets are gone."),
    422: (AvaturnInvalid, "The request does not fit Avaturn's schema."),
    429: (AvaturnThrottled, "Avaturn wants fewer requests."),
}


class BearerAuth(AuthBase):
    """The project's token. As an explicit auth it also keeps a .netrc file out of it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """For links that are a permission by themselves: send nothing else, not even from .netrc."""
    return request


@lru_cache(maxsize=8)
def pooled_session(max_retries: int, network: Network) -> requests.Session:
    """The process's one session for this number of retries, with kept-alive connections.

    It serves every user and thread, hence no cookies. Making a session, not using it, is what
    costs: three round trips and the loading of the root certificates.
    """
    session = requests.Session()
    session.headers["User-Agent"] = f"django-avaturn/{__version__}"
    session.headers["Accept-Encoding"] = "gzip"  # the one that _decoder knows
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    retry = SafeRetry(
        total=max_retries,
        other=0,  # broken TLS: the request may have been sent
        allowed_methods={"GET", "PUT", "DELETE"},
        status_forcelist={502, 503, 504},
        raise_on_status=False,
        redirect=False,
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, network.adapter(retry))
    return session


# A child process must not share its parent's sockets.
os.register_at_fork(after_in_child=pooled_session.cache_clear)


class Transport:
    """Calls of one project.

    ``base_url`` is scheme and host; ``timeout`` is in seconds, one number or (connect, read);
    ``max_retries`` counts repeats.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        timeout: float | tuple[float, float],
        max_retries: int,
    ) -> None:
        self._auth = BearerAuth(token)
        self._base_url = base_url.rstrip("/")
        self._max_retries = max_retries
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        total = connect + read if isinstance(timeout, tuple) else timeout
        self._timeout = (connect, read, total)

    def call(
        self,
        method: str,
        path: str,
        ids: Mapping[str, object] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> object:
        """Send one request to the API; return the decoded JSON, None if there is none.

        ``path`` is a template, and ``ids`` fills it. Raises the ``AvaturnError`` that fits.
        """
        quoted = {key: quote(str(value), safe="") for key, value in (ids or {}).items()}
        url = self._base_url + path.format_map(quoted)
        limit = TimeLimit(*self._timeout)
        return self._send(limit, method, url, path, auth=self._auth, params=params, json=body)

    def upload(self, url: str, fields: Mapping[str, str], photos: Mapping[str, BinaryIO]) -> object:
        """Send a multipart form to a link that Avaturn gave out, without the token.

        Large files on a slow line take longer than a call, so there are 6 times (connect + read)
        seconds for all of it; the single limits are the same, and that of connecting is also how
        long the next 64 KiB may take to leave.
        """
        if not self._is_safe(url):
            raise AvaturnUnavailable("Avaturn gave an upload link that is not https.")
        connect, read, _ = self._timeout
        limit = TimeLimit(connect, read, UPLOAD_FACTOR * (connect + read))
        form = Multipart(fields, photos, limit.left)
        headers = {"Content-Type": form.content_type}
        with quietly():
            return self._send(
                limit, "POST", url, "<upload link>", auth=no_auth, data=form, headers=headers
            )

    def _is_safe(self, url: str) -> bool:
        """Whether nobody on the way can read along; this very machine only where the API is."""
        try:
            host, own = urlsplit(url), urlsplit(self._base_url).hostname
        except ValueError:
            return False
        if host.hostname in LOOPBACK:
            return own in LOOPBACK
        return host.scheme == "https"

    def _send(self, limit: TimeLimit, method: str, url: str, path: str, **options: Any) -> object:
        failure: AvaturnError
        # requests hands urllib3's own object through, which unlike a pair can cap the sum.
        options["timeout"] = limit
        began = monotonic()
        try:
            response = pooled_session(self._max_retries, current()).request(
                method, url, allow_redirects=False, stream=True, **options
            )
            body = _read(response, limit.deadline)
        except (requests.RequestException, HTTPError, OSError, ValueError, zlib.error) as error:
            failure = _broken(error, method, path)
        else:
            if 200 <= response.status_code < 300:
                seconds, status = monotonic() - began, response.status_code
                log.CALL.log(method=method, path=path, status=status, seconds=seconds)
                return _decode(body)
            failure = _failure(response, body, method, path)
        is_no = isinstance(failure, AvaturnRejected) and not isinstance(
            failure, AvaturnUnauthorized
        )
        (log.CALL_REJECTED if is_no else log.CALL_FAILED).log(reason=str(failure))
        raise failure  # out here, so that the error carries no context that shows a link


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, with the deadline checked after every packet and a cap on its size."""
    body = bytearray()
    try:
        decode = _decoder(response.headers.get("Content-Encoding", "identity"))
        read = getattr(response.raw, "read1", response.raw.read)  # read1 came with urllib3 2.2
        while chunk := read(65536, decode_content=False):
            body += decode(chunk, MAX_BODY + 1 - len(body))
            if monotonic() > deadline:
                raise ReadTimeoutError(None, None, "slow body")  # type: ignore[arg-type]
            if len(body) > MAX_BODY:
                raise ValueError("too long")
    except BaseException:
        response.close()  # half-read: this connection must not be used again
        raise
    return bytes(body)


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    """Unpacks at most so many bytes of what has come: urllib3 would unpack all of it at once."""
    if encoding.lower() in ("identity", ""):
        return lambda chunk, limit: chunk
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise ValueError("an encoding that nobody asked for")
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress


def _decode(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _broken(error: Exception, method: str, path: str) -> AvaturnError:
    """The error that fits an exchange without an answer."""
    failure: AvaturnError
    # The last: nothing could be sent for a while, which urllib3 takes for a broken connection.
    if isinstance(error, requests.Timeout | UrllibTimeout) or _is_stalled(error):
        failure = AvaturnTimeout("No answer from Avaturn in time.", method=method, path=path)
    else:
        # Only the kind of the error: its text holds the whole address.
        reason = f"Avaturn could not be reached ({cause(error)})."
        failure = AvaturnUnavailable(reason, method=method, path=path)
    failure.asked = not isinstance(innermost(error), ConnectTimeoutError | NewConnectionError)
    return failure


def _is_stalled(error: Exception) -> bool:
    inner = next(iter(error.args), None)
    return isinstance(inner, ProtocolError) and isinstance(inner.args[-1], TimeoutError)


def _failure(response: requests.Response, body: bytes, method: str, path: str) -> AvaturnError:
    """The error that fits a status outside 2xx."""
    status = response.status_code
    fallback = AvaturnRejected if 400 <= status < 500 else AvaturnUnavailable
    kind, reason = _REASONS.get(status, (fallback, f"Avaturn answered with status {status}."))
    # It gets into logs and on terminals.
    request_id = "".join(filter(str.isprintable, response.headers.get("x-request-id", "")))[:64]
    error = kind(reason, method=method, path=path, status=status, request_id=request_id)
    describe(error, response.headers, _decode(body))
    return error
