"""A circuit breaker that the site's processes share through Django's default cache.

Closed, every call to Avaturn goes out, for one read of the cache. ``THRESHOLD`` failures with no
answer between them open it: then calls fail at once, but for one in ``PAUSE`` seconds, whoever
comes first; the first that Avaturn answers closes it, for all processes.

A cache that several processes do not share, as Django's own default, makes a circuit for each of
them; one that keeps nothing never opens it; one that is down counts as closed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache as once

from django.core.cache import cache

from .. import log
from ..exceptions import AvaturnError, AvaturnTimeout, AvaturnUnavailable

THRESHOLD = 5
PAUSE = 5
"""Seconds between two calls that are let through an open circuit."""
MEMORY = 3600
"""Seconds after the last failure until it is forgotten. Not less than between two runs of cron:
then a site with few calls, too, knows that Avaturn is down."""

REFUSED = "Avaturn has not answered for a while, so it was not asked."

_insistent: ContextVar[bool] = ContextVar("avaturn_insistent", default=False)


@contextmanager
def insisting() -> Iterator[None]:
    """Ask Avaturn in here even where the circuit is open, in this thread only.

    For commands, which come rarely and end after a few failures: whether they get to work must
    not depend on who else has asked just before.
    """
    token = _insistent.set(True)
    try:
        yield
    finally:
        _insistent.reset(token)


class CacheCircuit:
    """The circuit of the API at ``url``; see ``client.Circuit``.

    Timeouts and ``AvaturnUnavailable`` are failures; any other error shows that Avaturn is alive.
    A failure that leaves the circuit open gets its ``retry_after``.
    """

    def __init__(self, url: str) -> None:
        prefix = f"django_avaturn.circuit.{hashlib.sha256(url.encode()).hexdigest()[:16]}"
        self._failures = f"{prefix}.failures"
        self._opened = f"{prefix}.opened"
        self._probe = f"{prefix}.probe"

    @contextmanager
    def call(self, method: str, path: str) -> Iterator[None]:
        """Surround one call. Raises ``AvaturnUnavailable`` where the circuit is open."""
        failures = self._count()
        if failures >= THRESHOLD and not self._may_probe():
            refusal = AvaturnUnavailable(REFUSED, method=method, path=path)
            refusal.asked, refusal.retry_after = False, PAUSE
            raise refusal
        try:
            yield
        except (AvaturnTimeout, AvaturnUnavailable) as error:
            if self._failed():
                error.retry_after = PAUSE
            raise
        except AvaturnError:
            self._answered(failures)
            raise
        self._answered(failures)

    def down_for(self) -> float | None:
        """For how many seconds the circuit has been open; None where it is not."""
        with _forgiving():
            found = cache.get_many([self._failures, self._opened])
            if found.get(self._failures, 0) >= THRESHOLD:
                return max(0.0, time.time() - float(found.get(self._opened, time.time())))
        return None

    def reset(self) -> None:
        """Forget all failures, which closes the circuit."""
        with _forgiving():
            cache.delete_many([self._failures, self._opened, self._probe])

    def _count(self) -> int:
        failures = 0
        with _forgiving():
            failures = int(cache.get(self._failures, 0))
        return failures

    def _may_probe(self) -> bool:
        first = True
        with _forgiving():
            first = cache.add(self._probe, 1, PAUSE)
        return first or _insistent.get()

    def _failed(self) -> bool:
        """Count a failure. Returns whether the circuit is open."""
        with _forgiving():
            cache.add(self._failures, 0, MEMORY)
            try:
                failures = cache.incr(self._failures)
            except ValueError:  # an answer has just reset it, or the cache keeps nothing
                return False
            cache.touch(self._failures, MEMORY)
            if failures >= THRESHOLD:
                self._open()
                return True
        return False

    def _open(self) -> None:
        if cache.add(self._opened, time.time(), MEMORY):
            log.AVATURN_DOWN.log(pause=PAUSE)
        cache.touch(self._opened, MEMORY)

    def _answered(self, failures: int) -> None:
        """Close the circuit; where there was nothing to reset, nothing is written."""
        if failures:
            self.reset()
        if failures >= THRESHOLD:
            log.AVATURN_BACK.log()


@contextmanager
def _forgiving() -> Iterator[None]:
    """A cache that is down must not become another outage."""
    try:
        yield
    except Exception as error:  # its text may hold the password of the cache
        _complain(type(error).__name__)


@once
def _complain(kind: str) -> None:
    """Once for each kind of failure: there may be one for every call."""
    log.CACHE_DOWN.log(reason=kind)
