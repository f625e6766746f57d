"""What waits for a commit that never comes: Django rolls the transaction of a `TestCase` back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

logger = logging.getLogger("django_avaturn.testing")


class Commits:
    """The callbacks of ``transaction.on_commit`` that have been waiting since this was made.

    Each runs once, in order, with the exceptions of robust ones logged, as after a commit. What
    has run stays in Django's list as a callback that does nothing, since others count by places.
    """

    def __init__(self) -> None:
        self._starts = {one.alias: len(one.run_on_commit) for one in connections.all()}

    def run(self) -> int:
        """Run all, and those that they add; returns how many there were."""
        return sum(self._run(alias) for alias in connections)

    def _run(self, alias: str) -> int:
        waiting: list[Any] = connections[alias].run_on_commit
        ran, place = 0, self._starts.get(alias, 0)
        while place < len(waiting):
            savepoints, callback, is_robust = waiting[place]
            if callback is not _done:
                waiting[place] = (savepoints, _done, is_robust)
                _call(callback, is_robust)
                ran += 1
            place += 1
        return ran


@contextmanager
def committing() -> Iterator[None]:
    """Run, at the end, what has come to wait in here."""
    commits = Commits()
    yield
    commits.run()


def _done() -> None:
    """Stands for a callback that has run."""


def _call(callback: Callable[[], object], is_robust: bool) -> None:
    try:
        callback()
    except Exception:
        if not is_robust:
            raise
        logger.exception("A robust callback of on_commit() has failed.")
