"""Claim a due row, do the work, then finish it or try again later.

Tries are counted against a row, so that one which cannot succeed ends as failed. An outage of
Avaturn is no row's fault: a try does not count where no connection came about, nor while the
circuit is open (``services.circuit``), whatever the failure. Such a row stays due, so that the next
pass takes it up however long the outage has lasted. As long as the circuit is closed, a timeout, a
server error or an answer that makes no sense counts: Avaturn answers others, so it may be the row.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils import timezone

from .. import log
from ..exceptions import AvaturnError, AvaturnOtherProject, AvaturnTimeout, AvaturnUnavailable
from ..models import Job
from ..models.job import JobQuerySet

J = TypeVar("J", bound=Job)

FIRST_DELAY = 30.0
LONGEST_DELAY = 6 * 3600.0
OUTAGE_DELAYS = (5.0, 600.0)
"""Seconds between two tries of one row by a queue during an outage: the fewest, and the most."""
PATIENCE = 3
PAGE = 100
"""Keys of due rows that are read at a time."""
IN_VAIN = (AvaturnOtherProject, AvaturnTimeout, AvaturnUnavailable, ImproperlyConfigured)
"""After these errors the next row would fare no better."""


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
    about = _about(row)  # as long as it has a key
    try:
        (work or handler.work)(row)
    except Exception as error:
        _failed(row, error, handler.max_attempts)
        return not isinstance(error, IN_VAIN)
    if row.state == Job.State.READY or row.pk is None:
        log.JOB_DONE.log(**about)
    return True


def run_due(
    model: type[J],
    *,
    work: Callable[[Any], object] | None = None,
    on_result: Callable[[J], object] = lambda row: None,
) -> None:
    """Try each row that is due now, once, the longest waiting first.

    Gives up after ``PATIENCE`` rows in a row for which Avaturn could not be asked: what is left
    stays due. ``work`` replaces that of the handler; ``on_result`` is called with each row that
    was tried.
    """
    failures = 0
    seconds = HANDLERS[model].seconds
    for pk in _longest_due(model):
        row = model.objects.filter(pk=pk).first()  # as it is by now, which may be hours later
        if row is None or not row.is_due or not row.claim(seconds()):
            continue
        failures = 0 if work_on(row, work) else failures + 1
        on_result(row)
        if failures >= PATIENCE:
            return


def _longest_due(model: type[Job]) -> Iterator[Any]:
    """Keys of the rows that are due by now, the longest waiting first.

    Page by page: where others are at work on the same rows, most of those that they have done
    meanwhile are never read. What is put off comes behind the page's end, or behind now.
    """
    due, later = model.objects.filter(due_at__lte=timezone.now()), Q()
    while page := list(
        due.due().filter(later).order_by("due_at", "pk").values_list("due_at", "pk")[:PAGE]
    ):
        yield from (pk for _, pk in page)
        due_at, pk = page[-1]
        # The first condition says nothing new, but where to begin in the index.
        later = Q(due_at__gte=due_at) & (Q(due_at__gt=due_at) | Q(pk__gt=pk))


def revive(rows: JobQuerySet) -> None:
    """Make all unfinished of these rows due now, those that failed for good included.

    But for those that somebody is at work on, those that wait for somebody else, and those whose
    first time has yet to come: a guard of a file that is just being stored must not be taken for
    its deletion.
    """
    now = timezone.now()
    early = Q(attempts=0, due_at__gt=now)
    waiting = Q(state=Job.State.PENDING) & (Q(due_at=None) | early | Q(claimed_until__gt=now))
    # Not "all but those that are done": for that databases would not use the index.
    unfinished = rows.filter(state__in=(Job.State.PENDING, Job.State.FAILED))
    unfinished.exclude(waiting).restart()


def delay(attempts: int) -> float:
    """Seconds until the next try: none after the first, then doubling, with jitter."""
    if attempts <= 1:
        return 0.0
    full = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempts - 2))
    return full * random.uniform(0.75, 1.25)  # noqa: S311


def next_try(due_at: datetime, reached: bool) -> datetime:
    """When a queue should bring back a row that is still waiting; ``reached`` is what ``run`` said.

    During an outage the row is due all the time, but a hundred rows must not be tried in circles:
    the longer it has been due, the rarer, with jitter.
    """
    now = timezone.now()
    if reached:
        return max(due_at, now)
    shortest, longest = OUTAGE_DELAYS
    pause = min(longest, max(shortest, (now - due_at).total_seconds() / 2))
    return max(due_at, now + timedelta(seconds=pause * random.uniform(0.75, 1.25)))  # noqa: S311


def _failed(row: Job, error: Exception, max_attempts: int) -> None:
    if not row.is_ours():
        return  # deleted or asked for anew meanwhile: nobody waits for this any more
    about = _about(row)
    if isinstance(error, AvaturnError | ImproperlyConfigured):
        reason = str(error)
        log.JOB_FAILED.log(**about, reason=reason)
    else:  # the site's storage, or a mistake of ours: the operators need the traceback
        reason = f"Unexpected {type(error).__name__}; the log has more."
        log.JOB_BROKE.log(**about, reason=reason, error=error)
    if isinstance(error, AvaturnError) and _is_outage(error):
        # Behind the others, if it was the one that was asked for: it may be slow by itself.
        due_at = timezone.now() if error.asked else row.due_at
        row.postpone(0, reason, due_at=due_at, attempts=row.attempts - 1)
    elif getattr(error, "permanent", False) or row.attempts >= max_attempts:
        row.give_up(reason)
        log.JOB_GIVEN_UP.log(**about, reason=reason)
    else:
        row.postpone(max(delay(row.attempts), getattr(error, "retry_after", None) or 0), reason)


def _is_outage(error: AvaturnError) -> bool:
    """Whether it is Avaturn that is down, and not this row that fails."""
    down = isinstance(error, AvaturnTimeout | AvaturnUnavailable)
    return down and (not error.asked or error.retry_after is not None)


def _about(row: Job) -> dict[str, Any]:
    """What the log says of a row."""
    return {"kind": type(row).__name__, "row_id": row.pk, "attempt": row.attempts}
