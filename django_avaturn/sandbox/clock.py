"""A clock that tests can push forward."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Wall-clock seconds plus an offset.

    Every expiry in the sandbox asks this clock, so no test has to wait for one. ``changed`` is
    called after each jump.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._offset = 0.0
        self._changed = changed

    def now(self) -> float:
        """Seconds since the epoch, as the sandbox sees them."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Jump ``seconds`` ahead."""
        self._offset += seconds
        self._changed()

    def reset(self) -> None:
        """Go back to the real time."""
        self._offset = 0.0
