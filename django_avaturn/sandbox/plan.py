"""A bad day from beginning to end: faults at random that can be had again."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .faults import Fault
from .messages import Response
from .routing import Area, Route

CONNECTION = "connection"
"""Stands for an operation where a connection is refused: nobody has read what was asked."""

DRIPS = 100
"""In so many pieces a slow body is sent at the most; one of fewer bytes comes byte by byte."""

NOT_JSON = b"<!doctype html><title>Sorry</title>"


class Kind(StrEnum):
    """What can happen to a call.

    Before the work: ``ERROR`` is a 500 and ``THROTTLED`` a 429 with ``Retry-After``; ``REFUSED``
    resets the connection with the request still unread. Either before or after it: ``RESET``
    resets the connection, ``HANG`` gives no answer. After the work: ``HALF`` cuts a body that was
    announced whole, ``NOT_JSON`` sends a page in its place, ``SLOW`` takes its time over it.
    """

    REFUSED = "refused"
    RESET = "reset"
    HANG = "hang"
    HALF = "half"
    ERROR = "error"
    THROTTLED = "throttled"
    NOT_JSON = "not_json"
    SLOW = "slow"


EITHER = frozenset({Kind.RESET, Kind.HANG})
AFTER = frozenset({Kind.HALF, Kind.NOT_JSON, Kind.SLOW})


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one call, and whether the work is done before."""

    kind: Kind
    done: bool


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What a plan did: to the ``number``-th call of an operation, counted from 1.

    ``done`` tells that the work was done before. Then ``answer`` is what the API would have said,
    None where a file was to be sent.
    """

    operation: str
    number: int
    kind: Kind
    done: bool
    answer: Response | None = field(default=None, repr=False)

    def __str__(self) -> str:
        done = ", the work was done" if self.done else ""
        return f"{self.operation} {self.number}: {self.kind}{done}"


class FaultPlan:
    """Spoils calls of the API, the upload host and the file host, and keeps a record of it.

    The fate of the n-th call of an operation follows from the seed, the operation and n alone:
    the same seed gives each operation the same series of faults, whatever the others do, and
    whichever thread comes first.

    Parameters:
        seed: any whole number.
        rate: chance, from 0 to 1, that a call on a connection of its own is spoilt.
        kinds: what may happen, all equally likely; one that is given twice comes twice as often.
        hang_seconds: how long a call hangs until the connection ends, if the caller waits so long.
        slow_seconds: how long a slow body takes.
        retry_after: what a 429 says, in seconds.

    Raises:
        ValueError: ``rate`` is no chance, ``kinds`` is empty or has an unknown one.

    ``log`` has what was done, in order; ``listener`` is called with each item.
    """

    options = ("seed", "rate", "kinds", "hang_seconds", "slow_seconds", "retry_after")

    def __init__(
        self,
        seed: int = 0,
        rate: float = 0.2,
        kinds: Collection[str] = tuple(Kind),
        *,
        hang_seconds: float = 30.0,
        slow_seconds: float = 5.0,
        retry_after: int = 1,
    ) -> None:
        if not 0 <= rate <= 1 or not kinds:
            raise ValueError("A plan needs a rate from 0 to 1, and a kind of fault.")
        self.seed, self.rate = seed, rate
        self.kinds = tuple(Kind(kind) for kind in kinds)
        self.hang_seconds, self.slow_seconds = hang_seconds, slow_seconds
        self.retry_after = retry_after
        self.log: list[Spoilt] = []
        self.listener: Callable[[Spoilt], object] = lambda spoilt: None
        self._numbers: Counter[str] = Counter()
        self._lock = threading.Lock()

    def fate(self, operation: str, number: int) -> Fate | None:
        """What happens to the ``number``-th call of an operation; None for nothing."""
        text = f"{self.seed} {operation} {number}".encode()
        digest = hashlib.sha256(text).digest()
        whether, which, when = (int.from_bytes(digest[at : at + 8]) for at in (0, 8, 16))
        if whether >= self.rate * 2**64:
            return None
        kind = self.kinds[which % len(self.kinds)]
        # Each kind of fault strikes either connections or calls, so that none gets its share twice.
        if (kind is Kind.REFUSED) is not (operation == CONNECTION):
            return None
        return Fate(kind, kind in AFTER or (kind in EITHER and bool(when % 2)))

    def refuses(self, route: Route | None) -> bool:
        """Whether to reset a connection whose first request is for ``route``."""
        if route is None or not _concerns(route):
            return False
        number = self._next(CONNECTION)
        fate = self.fate(CONNECTION, number)
        if fate is not None:
            self._note(Spoilt(CONNECTION, number, fate.kind, fate.done))
        return fate is not None

    def spoil(self, route: Route, work: Callable[[], Response]) -> Response:
        """What comes of a call; ``work`` does it and gives the true answer."""
        if not _concerns(route):
            return work()
        number = self._next(route.operation)
        fate = self.fate(route.operation, number)
        if fate is None:
            return work()
        answer = work() if fate.done else None
        told = None if route.area is Area.FILES else answer
        self._note(Spoilt(route.operation, number, fate.kind, fate.done, told))
        return self._spoilt(fate.kind, answer or Response())

    def _spoilt(self, kind: Kind, answer: Response) -> Response:
        fault = self._fault(kind, answer.whole)
        if fault.replaces:
            return fault.deliver(fault.answer())
        if kind is Kind.NOT_JSON:
            answer = replace(answer, content=NOT_JSON)
        return fault.deliver(answer)

    def _fault(self, kind: Kind, size: int) -> Fault:
        """The fault that has this effect on an answer of ``size`` bytes."""
        pieces = max(1, min(size, DRIPS))
        faults = {
            Kind.RESET: Fault(drop=True, reset=True),
            Kind.HANG: Fault(drop=True, latency=self.hang_seconds),
            Kind.HALF: Fault(truncate=size // 2),
            Kind.ERROR: Fault(status=500),
            Kind.THROTTLED: Fault(retry_after=f"{self.retry_after}"),
            Kind.NOT_JSON: Fault(content_type="text/html"),
            Kind.SLOW: Fault(drip=self.slow_seconds / pieces, drip_bytes=math.ceil(size / pieces)),
        }
        return faults[kind]

    def _next(self, operation: str) -> int:
        with self._lock:
            self._numbers[operation] += 1
            return self._numbers[operation]

    def _note(self, spoilt: Spoilt) -> None:
        with self._lock:
            self.log.append(spoilt)
        self.listener(spoilt)


def _concerns(route: Route) -> bool:
    return Fault().concerns(route)
