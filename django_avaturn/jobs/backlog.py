"""Messages that have been answered, and that one thread deals with for several.

Avaturn tells of each export, and of most when nobody waits for them any more. To look that up and
to note it down costs more than to receive the message, and for many hardly more than for one.
"""

from __future__ import annotations

import threading
import time

from django.db import DatabaseError

from .. import log
from ..models import Job, WebhookEvent
from .engine import work_on
from .events import dismiss

PAUSE = 0.02
"""Seconds in which rows of a burst gather: they are answered, and nobody waits for them."""


class Backlog:
    """Rows that are claimed for this process. In a burst they share the queries of ``dismiss``.

    At most one thread is at work here and one more waits to be the next; all others leave their
    row to that one and go on. Each thread has one turn only, so that none is kept here as long as
    the burst lasts.
    """

    def __init__(self) -> None:
        self._rows: list[WebhookEvent] = []
        self._door, self._turn = threading.Lock(), threading.Lock()

    def add(self, row: WebhookEvent) -> None:
        """Have the row dealt with; where no other thread is about to, by this one."""
        self._rows.append(row)
        if not self._door.acquire(blocking=False):
            return
        burst = self._turn.locked()
        with self._turn:
            if burst:
                time.sleep(PAUSE)
            self._door.release()  # first, so that rows of those who then find it closed are seen
            rows = self._rows[:]
            del self._rows[: len(rows)]
            left = self._dismiss(rows)
        for row in left:
            work_on(row)

    @staticmethod
    def _dismiss(rows: list[WebhookEvent]) -> list[WebhookEvent]:
        """Returns those that there is something to do about."""
        try:
            left = dismiss(rows)
        except DatabaseError:  # a lock, say: then one by one, so that each has its own outcome
            return rows
        for row in rows:
            if row.state == Job.State.READY:
                log.JOB_DONE.log(kind=type(row).__name__, row_id=row.pk, attempt=row.attempts)
        return left
