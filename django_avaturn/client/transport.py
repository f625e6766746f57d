"""One HTTP exchange with Avaturn: pooled connections, time limits, retries, error mapping."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader, ReadTimeoutError, TimeoutError
from urllib3.util import Retry

from .. import __version__
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
from .discretion import cause, quietly
from .limits import SafeRetry, TimeLimit

MAX_BODY = 8 * 1024 * 1024
"""Bytes of an answer at the most. The API sends small JSON objects; files come another way."""

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
def pooled_session(max_retries: int) -> requests.Session:
    """The process's one session for this number of retries, with kept-alive connections.

    It serves every user and thread, hence no cookies. Making a session, not using it, is what
    costs: three round trips and the loading of the root certificates.
    """
    session = requests.Session()
    session.headers["User-Agent"] = f"django-avaturn/{__version__}"
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
        session.mount(scheme, HTTPAdapter(max_retries=retry, pool_maxsize=64))
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
        return self._send(method, url, path, auth=self._auth, params=params, json=body)

    def upload(self, url: str, data: Mapping[str, str], files: Mapping[str, Any]) -> object:
        """Send a multipart form to a link that Avaturn gave out, without the token."""
        if not _is_safe(url):
            raise AvaturnUnavailable("Avaturn gave an upload link that is not https.")
        with quietly():
            return self._send("POST", url, "<upload link>", auth=no_auth, data=data, files=files)

    def _send(self, method: str, url: str, path: str, **options: Any) -> object:
        failure: AvaturnError
        # requests hands urllib3's own object through, which unlike a pair can cap the sum.
        limit: Any = TimeLimit(*self._timeout)
        try:
            response = pooled_session(self._max_retries).request(
                method, url, timeout=limit, allow_redirects=False, stream=True, **options
            )
            body = _read(response, limit.deadline)
        except (requests.Timeout, TimeoutError):
            failure = AvaturnTimeout("No answer from Avaturn in time.", method=method, path=path)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # Only the kind of the error: its text holds the whole address.
            reason = f"Avaturn could not be reached ({cause(error)})."
            failure = AvaturnUnavailable(reason, method=method, path=path)
        else:
            if 200 <= response.status_code < 300:
                return _decode(body)
            failure = _failure(response, body, method, path)
        raise failure  # out here, so that the error carries no context that shows a link


def _is_safe(url: str) -> bool:
    """Whether nobody on the way can read along."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "::1", "localhost"}


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, with the deadline checked after every packet and a cap on its size."""
    body = bytearray()
    try:
        read = getattr(response.raw, "read1", response.raw.read)  # read1 came with urllib3 2.2
        while chunk := read(65536, decode_content=True):
            body += chunk
            if monotonic() > deadline:
                raise ReadTimeoutError(None, None, "slow body")  # type: ignore[arg-type]
            if len(body) > MAX_BODY:
                raise ValueError("too long")
    except BaseException:
        response.close()  # half-read: this connection must not be used again
        raise
    return bytes(body)


def _decode(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _failure(response: requests.Response, body: bytes, method: str, path: str) -> AvaturnError:
    """The error that fits a status outside 2xx."""
    status = response.status_code
    fallback = AvaturnRejected if 400 <= status < 500 else AvaturnUnavailable
    kind, reason = _REASONS.get(status, (fallback, f"Avaturn answered with status {status}."))
    request_id = response.headers.get("x-request-id", "")[:64]
    error = kind(reason, method=method, path=path, status=status, request_id=request_id)
    if isinstance(error, AvaturnThrottled):
        error.retry_after = _retry_after(response.headers.get("retry-after", ""))
    if isinstance(error, AvaturnInvalid):
        error.fields = _invalid_fields(_decode(body))
    return error


def _retry_after(header: str) -> float | None:
    try:
        return Retry().parse_retry_after(header)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _invalid_fields(payload: object) -> tuple[str, ...]:
    """Names out of FastAPI's ``detail`` list, such as ``body.config.avatar_id``."""
    detail = payload.get("detail") if isinstance(payload, dict) else None
    items = [item for item in detail if isinstance(item, dict)] if isinstance(detail, list) else []
    places = [item.get("loc") for item in items]
    return tuple(".".join(map(str, place))[:100] for place in places if isinstance(place, list))
