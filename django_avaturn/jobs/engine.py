"""Claim a due row, do the work, then finish it or try again later."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils import timezone

from ..exceptions import AvaturnError, AvaturnTimeout, AvaturnUnavailable
from ..models import Job
from ..models.job import JobQuerySet

logger = logging.getLogger("django_avaturn.jobs")

J = TypeVar("J", bound=Job)

FIRST_DELAY = 30.0
LONGEST_DELAY = 6 * 3600.0
PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """How one kind of row is worked on.

    ``work`` is called with a claimed row; as its last step it settles the row with ``finish``,
    ``postpone`` or ``give_up``, or it raises. ``seconds`` says how long that takes at the most,
    ``max_attempts`` after how many failures a row is left as failed.
    """

    work: Callable[[Any], object]
    seconds: Callable[[], float]
    max_attempts: int


HANDLERS: dict[type[Job], Handler] = {}


def run(row: Job) -> bool:
    """Try one row, if it is due and nobody else has claimed it.

    The claim ends by itself after the longest possible try, so that the row comes back if the
    process dies. The network is used outside of any transaction. Returns whether Avaturn could
    be asked, whatever it said; never raises for what went wrong with the work.
    """
    return not row.claim(HANDLERS[type(row)].seconds()) or work_on(row)


def work_on(row: Job, work: Callable[[Any], object] | None = None) -> bool:
    """Do the work of a row that is claimed, and note down what came of it. See ``run``."""
    handler = HANDLERS[type(row)]
    try:
        (work or handler.work)(row)
    except Exception as error:
        _failed(row, error, handler.max_attempts)
        return not isinstance(error, AvaturnTimeout | AvaturnUnavailable | ImproperlyConfigured)
    return True


def run_due(model: type[J], *, on_result: Callable[[J], object] = lambda row: None) -> None:
    """Try each row that is due now, once, the longest waiting first.

    Gives up after ``PATIENCE`` rows in a row for which Avaturn could not be asked: what is left
    stays due. ``on_result`` is called with each row that was tried.
    """
    failures = 0
    seconds = HANDLERS[model].seconds
    for pk in list(model.objects.due().order_by("due_at", "pk").values_list("pk", flat=True)):
        row = model.objects.filter(pk=pk).first()  # as it is by now, which may be hours later
        if row is None or not row.claim(seconds()):
            continue
        failures = 0 if work_on(row) else failures + 1
        on_result(row)
        if failures >= PATIENCE:
            return


def revive(rows: JobQuerySet) -> None:
    """Make all unfinished of these rows due now, those that failed for good included.

    But for those that wait for somebody else, and those whose first time has yet to come: a
    guard of a file that is just being stored must not be taken for its deletion.
    """
    waiting, now = Q(state=Job.State.PENDING), timezone.now()
    early = waiting & Q(attempts=0, due_at__gt=now)
    rows.exclude(state=Job.State.READY).exclude(waiting & Q(due_at=None)).exclude(early).restart()


def delay(attempts: int) -> float:
    """Seconds until the next try: none after the first, then doubling, with jitter."""
    if attempts <= 1:
        return 0.0
    full = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempts - 2))
    return full * random.uniform(0.75, 1.25)  # noqa: S311


def _failed(row: Job, error: Exception, max_attempts: int) -> None:
    name = f"{type(row).__name__} {row.pk}"
    if isinstance(error, AvaturnError | ImproperlyConfigured):
        reason = str(error)
        logger.warning("%s, try %s: %s", name, row.attempts, reason)
    else:  # the site's storage, or a mistake of ours: the operators need the traceback
        reason = f"Unexpected {type(error).__name__}; the log has more."
        logger.error("%s, try %s: %s", name, row.attempts, reason, exc_info=error)
    if getattr(error, "permanent", False) or row.attempts >= max_attempts:
        row.give_up(reason)
    else:
        row.postpone(max(delay(row.attempts), getattr(error, "retry_after", None) or 0), reason)
