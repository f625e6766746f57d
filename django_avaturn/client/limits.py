"""How long a call may take, and what of it may be repeated."""

from __future__ import annotations

import random
from time import monotonic
from typing import Any, Self

import urllib3
from urllib3.exceptions import NewConnectionError, TimeoutError
from urllib3.util import Retry, Timeout


class TimeLimit(Timeout):
    """Seconds for all attempts together: urllib3 clones its time-out for each of them."""

    def __init__(self, connect: float, read: float, total: float) -> None:
        super().__init__(total=total, connect=connect, read=read)
        self.deadline = monotonic() + total

    def left(self) -> float:
        """Seconds until the deadline. Raises urllib3's ``TimeoutError`` after it."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("no time left")
        return left

    def clone(self) -> Timeout:
        return Timeout(total=self.left(), connect=self._connect, read=self._read)


class SafeRetry(Retry):
    """Repeats what is safe to repeat and does not make the caller wait.

    Any request that could not be sent; GET, PUT and DELETE also after a broken connection or
    a 502, 503 or 504. Never after a time-out, since the caller has waited long enough, nor
    where the server says how long to stay away: that is the caller's decision.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Self:
        # A refused connection counts as a connect time-out in urllib3, but costs no time.
        if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
            raise error
        return super().increment(method, url, response, error, *args, **kwargs)

    def get_backoff_time(self) -> float:
        """Seconds until the next attempt: up to 0.1, 0.2, 0.4, 0.5, with jitter."""
        return min(0.5, 0.05 * 2.0 ** len(self.history)) * random.uniform(0.5, 1)  # noqa: S311

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        return not has_retry_after and super().is_retry(method, status_code, has_retry_after)
