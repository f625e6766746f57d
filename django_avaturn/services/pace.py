"""How fast Avaturn may be asked by several threads at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from ..exceptions import AvaturnError, AvaturnThrottled

T = TypeVar("T")

TRIES = 5
"""How often one call is made at the most where Avaturn asks for patience."""
PAUSE = 5.0
"""Seconds to wait where it asks for fewer requests and does not say for how long."""
LONGEST_PAUSE = 300.0
"""Seconds. Whoever is asked to wait for longer has to come back another time."""


class Stopped(Exception):
    """The work was ended while somebody was waiting."""


class Pace:
    """Has all threads wait when Avaturn says so to one of them. ``stopped`` ends every wait."""

    def __init__(self, stopped: Event) -> None:
        self._stopped = stopped
        self._until = 0.0

    def ask(self, call: Callable[[], T]) -> T:
        """``call``, and again after the seconds that an error tells: Avaturn's ``Retry-After``, or
        the pause of the circuit that is open while it is down.

        Raises what ``call`` does, after ``TRIES`` or where the wait would be too long; ``Stopped``
        where the work has been ended.
        """
        tries = 0
        while True:
            tries += 1
            self._wait()
            try:
                return call()
            except AvaturnError as error:
                seconds = asked_to_wait(error)
                if seconds is None or seconds > LONGEST_PAUSE or tries == TRIES:
                    raise
                self._until = max(self._until, time.monotonic() + seconds)

    def _wait(self) -> None:
        while (seconds := self._until - time.monotonic()) > 0:
            if self._stopped.wait(seconds):
                raise Stopped


def asked_to_wait(error: Exception | None) -> float | None:
    """The seconds after which to ask again; None where that is not what the error says."""
    seconds = error.retry_after if isinstance(error, AvaturnError) else None
    return PAUSE if seconds is None and isinstance(error, AvaturnThrottled) else seconds
