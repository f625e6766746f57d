"""A clock that tests can push forward."""

from __future__ import annotations

import time


class Clock:
    """Wall-clock seconds plus an offset.

    Every expiry in the sandbox asks this clock, so no test has to wait for one.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as the sandbox sees them."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Jump ``seconds`` ahead."""
        self._offset += seconds

    def reset(self) -> None:
        """Go back to the real time."""
        self._offset = 0.0
