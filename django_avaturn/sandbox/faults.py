"""Bad days on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from .messages import Response, error
from .routing import Area, Route

EVERY = "*"
"""Every operation of the API, the upload host and the file host."""

TEXTS = {
    302: "Found",
    400: "Bad request",
    401: "Not authenticated",
    402: "Payment required",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    429: "Too many requests",
    500: "Internal Server Error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call.

    Parameters:
        operation: operation id, or ``*``.
        status: answer so instead of doing the work.
        latency: seconds before the answer.
        drop: end the connection with no answer.
        reset: with ``drop``, break it off instead of ending it in good order.
        body: raw body of the answer; without ``status`` it goes out as a 200.
        content_type: type to announce for the body.
        retry_after: value of the ``Retry-After`` header; without ``status`` it goes with a 429.
        drip: seconds before every ``drip_bytes`` of the body.
        after: do the work first, then lose or replace the answer.
        location: send the caller there; without ``status`` it goes with a 302.
        truncate: end the connection after so many bytes of a body announced as whole.
        cut: send only so many bytes and announce no more; what a GLB says of itself is a lie then.
        endless: announce no length, and send zeros after the body until the caller goes away.
    """

    operation: str = EVERY
    status: int | None = None
    latency: float = 0.0
    drop: bool = False
    body: bytes | None = None
    content_type: str | None = None
    retry_after: str | None = None
    drip: float | None = None
    after: bool = False
    drip_bytes: int = 1
    location: str | None = None
    truncate: int | None = None
    cut: int | None = None
    endless: bool = False
    reset: bool = False

    def concerns(self, route: Route) -> bool:
        """Whether the fault is meant for this route."""
        if self.operation == EVERY:
            return route.area in {Area.API, Area.FILES}
        return self.operation == route.operation

    @property
    def replaces(self) -> bool:
        """Whether the true answer does not go out."""
        given = (self.status, self.body, self.retry_after, self.location)
        return self.drop or any(one is not None for one in given)

    def answer(self) -> Response:
        """The answer that goes out instead of the true one."""
        named = {"Retry-After": self.retry_after, "Location": self.location}
        headers = {name: value for name, value in named.items() if value is not None}
        usual = 429 if "Retry-After" in headers else 302 if "Location" in headers else 200
        status = self.status or usual
        made = error(status, TEXTS.get(status, "Sandbox fault"))
        body = made.body if self.body is None else self.body
        return Response(status, body, headers=headers)

    def deliver(self, response: Response) -> Response:
        """Give an answer the fault's manner of delivery."""
        return replace(
            response,
            content_type=self.content_type or response.content_type,
            delay=response.delay + self.latency,
            drop=self.drop,
            reset=self.reset,
            drip=self.drip,
            drip_bytes=max(1, self.drip_bytes),
            keep=self.cut if self.truncate is None else self.truncate,
            announced=None if self.truncate is None else response.whole,
            endless=self.endless,
        )

    def spoil(self, work: Callable[[], Response]) -> Response:
        """What comes of a call; ``work`` does it and gives the true answer."""
        if self.replaces and not self.after:
            return self.deliver(self.answer())
        worked = work()
        return self.deliver(self.answer() if self.replaces else worked)


class Faults:
    """Faults that wait for a call: some for the next few, others until they are cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._next: list[Fault] = []
            self._standing: list[Fault] = []

    def add(self, fault: Fault, times: int = 1) -> None:
        """Apply ``fault`` to the next ``times`` calls it concerns."""
        with self._lock:
            self._next += [fault] * times

    def standing(self, fault: Fault) -> None:
        """Apply ``fault`` to every call it concerns, until `clear`."""
        with self._lock:
            self._standing.append(fault)

    def lift(self, fault: Fault) -> None:
        """Apply a standing fault no more."""
        with self._lock:
            self._standing = [one for one in self._standing if one is not fault]

    def take(self, route: Route) -> Fault | None:
        """The fault for this call; one meant for the next calls is used up and goes first."""
        with self._lock:
            for index, fault in enumerate(self._next):
                if fault.concerns(route):
                    return self._next.pop(index)
            return next((one for one in self._standing if one.concerns(route)), None)
