"""Whether Avaturn is asked at all: the place for a circuit breaker. The client itself has none."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Circuit(Protocol):
    """Stands between a client's calls and a service that may be down."""

    def call(self, method: str, path: str) -> AbstractContextManager[object]:
        """What surrounds one call to the API, from the request to the understood answer.

        Entering raises ``AvaturnUnavailable``, with ``asked`` False, where the call is not to be
        made. Leaving tells how it went: by the error that passes, or by none. ``path`` is a
        template.
        """
        ...


class ClosedCircuit:
    """Lets every call through."""

    def call(self, method: str, path: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()
