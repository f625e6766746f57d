"""When profiles were found to be in step: written down for many at a time.

A statement for each costs a sync as much of the processor as asking Avaturn does.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

from django.db import connections, router, transaction
from django.utils import timezone

from ..models import AvaturnProfile

BATCH = 50
"""Profiles."""
AGE = 1.0
"""Seconds that one waits for the others, at the most by then the next one comes."""


class Marks:
    """Collects profiles from several threads and sets their ``synced_at``.

    A process that is killed loses those of its last batch: the next sync asks for them again.
    """

    def __init__(self) -> None:
        self._alias = router.db_for_write(AvaturnProfile)
        features = connections[self._alias].features
        self._skips = features.has_select_for_update_skip_locked
        # Of two transactions with many rows each may wait for the other, but for SQLite's.
        self._batch = BATCH if self._skips or not features.has_select_for_update else 1
        self._lock, self._writing = Lock(), Lock()
        self._waiting: list[Any] = []
        self._since = 0.0

    def add(self, profile: AvaturnProfile) -> None:
        """Nothing has changed for this one. Writes where enough have come together."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(profile.pk)
            is_old = time.monotonic() - self._since >= AGE
            is_due = is_old or len(self._waiting) >= self._batch
        if is_due:
            self.write()

    def write(self) -> None:
        """Write down all that have come."""
        with self._lock:
            found, self._waiting = self._waiting, []
        if found:
            with self._writing:
                self._mark(found)

    def _mark(self, found: list[Any]) -> None:
        """Not two batches at once: MariaDB locks, for a moment, what it only looks at."""
        rows = AvaturnProfile.objects.using(self._alias)
        if not self._skips:
            rows.filter(pk__in=found).update(synced_at=timezone.now())
            return
        with transaction.atomic(self._alias):
            # Who is being changed or deleted right now is left alone: nobody waits in a circle.
            free = rows.select_for_update(skip_locked=True).filter(pk__in=found)
            keys = list(free.order_by().values_list("pk", flat=True))
            rows.filter(pk__in=keys).update(synced_at=timezone.now())
