"""Telling the site by webhook how work has ended."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import tasks
from .state import Task
from .switches import REVERSED

if TYPE_CHECKING:
    from .service import Sandbox

Send = Callable[[bytes], int]
"""Takes the JSON of a webhook to the site; returns the status of the answer, 0 for none."""

TIMEOUT = 5.0
"""Seconds that the site has for its answer."""

PLAIN = re.compile(r"[!-~]+")
"""What the first line of a request can hold."""


@dataclass(slots=True)
class Webhook:
    """A webhook that was made. ``answers`` has a status per delivery, 0 where none came."""

    event: str
    payload: dict[str, Any] = field(repr=False)
    lost: bool = False
    answers: list[int] = field(default_factory=list)
    settled: bool = False
    draw: Callable[[], object] = field(default=bytes, repr=False)

    @property
    def body(self) -> bytes:
        """The payload as it is sent."""
        return json.dumps(self.payload, separators=(",", ":")).encode()


class Outbox:
    """Turns tasks that have ended into webhooks and delivers them.

    ``changed`` tells that there is more to do, or that something was delivered.
    """

    def __init__(self, sandbox: Sandbox, lock: threading.RLock) -> None:
        self._sandbox = sandbox
        self.changed = threading.Condition(lock)
        self.made: list[Webhook] = []

    def notify(self) -> None:
        """Let those who wait look again."""
        with self.changed:
            self.changed.notify_all()

    def seconds(self) -> float | None:
        """How long until there is something to deliver; None while no task is under way."""
        times = [task.due_at for task in self._sandbox.state.tasks]
        if not times:
            return None
        first = max(times) if self._sandbox.webhook_order == REVERSED else min(times)
        return first - self._sandbox.clock.now()

    def take(self, limit: int | None = None) -> list[Webhook]:
        """Make the webhooks that are due. Each is made once, so whoever takes them delivers."""
        with self.changed:
            due = self._take_due(limit)
            made = [self._make(task) for task in due]
            self.made += made
            if made:
                self._sandbox.state.save()
            return made

    def _take_due(self, limit: int | None) -> list[Task]:
        seconds = self.seconds()
        if seconds is None or seconds > 0:
            return []
        state, now = self._sandbox.state, self._sandbox.clock.now()
        due = sorted((task for task in state.tasks if task.due_at <= now), key=_due_at)
        if self._sandbox.webhook_order == REVERSED:
            due.reverse()
        for task in due[:limit]:
            state.tasks.remove(task)
        return due[:limit]

    def _make(self, task: Task) -> Webhook:
        lost = self._sandbox.use_up("lose_webhooks")
        webhook = Webhook(task.event, tasks.payload(self._sandbox, task), lost)
        if task.event == tasks.RENDER and not self._sandbox.plain_pictures:
            webhook.draw = partial(tasks.draw, task)
        if not lost:
            tasks.forget_failure(self._sandbox, task)
        return webhook

    def deliver(self, webhooks: list[Webhook], send: Send) -> None:
        """Deliver each as often as it is to be delivered, and keep the answers."""
        for webhook in webhooks:
            webhook.draw()  # before it is told of, and while nobody has to wait
            for _ in range(0 if webhook.lost else self._sandbox.webhook_copies):
                webhook.answers.append(send(webhook.body))
            if self._sandbox.webhook_listener is not None:
                self._sandbox.webhook_listener(webhook)
            webhook.settled = True
            self.notify()

    def wait_for(self, count: int, timeout: float) -> bool:
        """Wait until so many were delivered, or are known as lost."""
        with self.changed:
            return self.changed.wait_for(lambda: self._settled() >= count, timeout)

    def _settled(self) -> int:
        return sum(webhook.settled for webhook in self.made)


def _due_at(task: Task) -> float:
    return task.due_at


class Carrier:
    """Posts to the site over HTTP, one webhook at a time; redirects are not followed.

    Raises:
        ValueError: nothing can be posted to this address.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._path = self._url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        if not PLAIN.fullmatch(self._path):
            raise ValueError("A webhook's address has ASCII characters only, and no spaces.")
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        scheme, host = self._url.scheme, self._url.hostname
        if scheme not in {"http", "https"} or not host:
            raise ValueError("A webhook needs a full address, http or https.")
        host.encode("idna")  # as it is looked up: a name may be too long, or part of it empty
        secure = scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(host, self._url.port, timeout=TIMEOUT)

    def __call__(self, body: bytes) -> int:
        """Post ``body``; returns the status, or 0 where no answer came."""
        headers = {"Content-Type": "application/json", "User-Agent": "django-avaturn-sandbox"}
        try:
            self._connection.request("POST", self._path, body, headers)
            return self._connection.getresponse().status
        except (OSError, ValueError, http.client.HTTPException):
            return 0
        finally:
            self._connection.close()

    def hang_up(self) -> None:
        """Interrupt a call that waits for its answer."""
        wire = self._connection.sock
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


class Courier:
    """A thread that delivers whatever is due to ``sandbox.webhook_url``, while there is one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._outbox = sandbox.outbox
        self._carrier: Carrier | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="avaturn-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Interrupt a delivery and end the thread. What is not due yet stays with the sandbox."""
        with self._outbox.changed:
            self._stopping = True
            self._outbox.notify()
        if self._carrier is not None:
            self._carrier.hang_up()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (url := self._wait()) is not None:
            self._carrier = Carrier(url)
            # One by one, so that what has to wait is still there after a restart.
            self._outbox.deliver(self._outbox.take(1), self._carrier)

    def _wait(self) -> str | None:
        """Sleep until something is due; returns the address, or None at the end."""
        with self._outbox.changed:
            while not self._stopping:
                url, seconds = self._sandbox.webhook_url, self._outbox.seconds()
                if url and seconds is not None and seconds <= 0:
                    return url
                self._outbox.changed.wait(seconds if url else None)
        return None
