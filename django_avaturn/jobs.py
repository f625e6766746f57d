"""Work that must survive: claim a due row, do it, then finish it or try again later."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import router, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from .conf import settings
from .exceptions import AvaturnError, AvaturnNotFound, AvaturnTimeout, AvaturnUnavailable
from .models import Job, RemoteDeletion
from .services import get_client

logger = logging.getLogger("django_avaturn.jobs")

J = TypeVar("J", bound=Job)

MAX_ATTEMPTS = 15
"""Tries before a row is left as failed: with the delays below, a bit more than a day."""
FIRST_DELAY = 30.0
LONGEST_DELAY = 6 * 3600.0
PATIENCE = 3


def run(row: Job) -> bool:
    """Try one row, if it is due and nobody else has claimed it.

    The claim is one conditional UPDATE, so that of many workers on any database exactly one
    gets the row; it moves ``due_at`` past the longest possible try, so that the row comes back
    by itself if the process dies. The network is used outside of any transaction. Returns
    whether Avaturn could be asked, whatever it said; never raises an ``AvaturnError``.
    """
    return not _claim(row) or _work(row)


def _work(row: Job) -> bool:
    try:
        HANDLERS[type(row)](row)
    except (AvaturnError, ImproperlyConfigured) as error:
        _postpone(row, error)
        return not isinstance(error, AvaturnTimeout | AvaturnUnavailable | ImproperlyConfigured)
    _finish(row)
    return True


def run_due(model: type[J], *, on_result: Callable[[J], object] = lambda row: None) -> None:
    """Try each row that is due now, once, the longest waiting first.

    Gives up after ``PATIENCE`` rows in a row for which Avaturn could not be asked: what is left
    stays due. ``on_result`` is called with each row that was tried.
    """
    now = timezone.now()
    due = model._default_manager.filter(state=Job.State.PENDING, due_at__lte=now)
    failures = 0
    for row in list(due.order_by("due_at", "pk")):
        if not _claim(row):
            continue
        failures = 0 if _work(row) else failures + 1
        on_result(row)
        if failures >= PATIENCE:
            return


def revive(rows: QuerySet[Any]) -> None:
    """Make all unfinished of these rows due now, those that failed for good included."""
    unfinished = rows.exclude(state=Job.State.READY)
    unfinished.update(state=Job.State.PENDING, attempts=0, due_at=timezone.now())


_waiting = threading.local()


def run_after_commit(row: Job) -> None:
    """Try the row right after the commit, together with all others of the same transaction.

    Where Avaturn turns out to be down the rest is left for ``avaturn_process``: a hundred
    deletions must not wait for a hundred time-outs.
    """
    vars(_waiting).setdefault("keys", {})[type(row), row.pk] = None
    transaction.on_commit(_run_waiting, using=router.db_for_write(type(row)), robust=True)


def _run_waiting() -> None:
    keys, _waiting.keys = _waiting.keys, {}
    for model, pk in keys:  # rows of a transaction that was rolled back are among them
        row = model._default_manager.filter(pk=pk).first()
        if row and not run(row):
            return


def delay(attempts: int) -> float:
    """Seconds until the next try: none after the first, then doubling, with jitter."""
    if attempts <= 1:
        return 0.0
    full = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempts - 2))
    return full * random.uniform(0.75, 1.25)  # noqa: S311


def _claim(row: Job) -> bool:
    now = timezone.now()
    lease = timedelta(seconds=(settings.MAX_RETRIES + 1) * sum(settings.TIMEOUT) + 30)
    mine = type(row)._default_manager.filter(
        pk=row.pk, state=Job.State.PENDING, due_at__lte=now, attempts=row.attempts
    )
    if not mine.update(due_at=now + lease, attempts=F("attempts") + 1):
        return False
    row.attempts += 1
    return True


def _postpone(row: Job, error: Exception) -> None:
    row.state = Job.State.FAILED if row.attempts >= MAX_ATTEMPTS else Job.State.PENDING
    row.due_at = timezone.now() + timedelta(seconds=delay(row.attempts))
    row.error = str(error)[:300]
    row.save(update_fields=["state", "due_at", "error"])
    logger.warning("%s %s, try %s: %s", type(row).__name__, row.pk, row.attempts, error)


def _finish(row: Job) -> None:
    row.state, row.error = Job.State.READY, ""
    row.save(update_fields=["state", "error", *(["done_at"] if hasattr(row, "done_at") else [])])


def _delete_remotely(row: RemoteDeletion) -> None:
    try:
        if row.avatar_id:
            get_client().delete_avatar(row.avaturn_id, row.avatar_id)
        else:
            get_client().delete_user(row.avaturn_id)
    except AvaturnNotFound:
        pass  # gone already, which is what was wanted
    row.done_at = timezone.now()


HANDLERS: dict[type[Job], Callable[..., None]] = {RemoteDeletion: _delete_remotely}
