"""How much work there is, for people and for monitoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from ..models import Job
from ..services.connection import get_circuit
from .engine import HANDLERS


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStatus:
    """One kind of work. ``oldest`` is in seconds: how long the longest waiting has been due.

    ``due`` can be tried now, ``waiting`` later or once somebody else has done something;
    ``running`` is being tried, ``failed`` is not tried any more.
    """

    kind: str
    due: int
    waiting: int
    running: int
    failed: int
    oldest: float

    @property
    def is_healthy(self) -> bool:
        """Whether nothing has failed for good, and nothing is overdue."""
        return not self.failed and self.oldest <= OVERDUE


OVERDUE = 3600.0
"""Seconds. What has been due for longer shows that nobody runs ``avaturn_process``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it. ``down_for`` is for how many seconds Avaturn has not answered; None if it does.

    As far as the site's last calls tell: see ``services.circuit``.
    """

    work: list[WorkStatus]
    down_for: float | None

    @property
    def is_healthy(self) -> bool:
        """Whether nobody needs to look: an outage is nobody's fault, but worth knowing."""
        return self.down_for is None and all(work.is_healthy for work in self.work)

    def as_json(self) -> dict[str, Any]:
        """Numbers only: no ids, names or errors. Times are in seconds."""
        return {
            "healthy": self.is_healthy,
            "avaturn": "reachable" if self.down_for is None else "unreachable",
            "down_for": self.down_for or 0.0,
            "work": [asdict(work) for work in self.work],
        }


def report() -> Report:
    """All kinds of work, one query for each, and whether Avaturn answers; it is not asked."""
    return Report(work=work_status(), down_for=get_circuit().down_for())


def work_status() -> list[WorkStatus]:
    """All kinds of work: one query for each."""
    return [status_of(model._default_manager.all()) for model in HANDLERS]


def status_of(of: QuerySet[Any]) -> WorkStatus:
    """These rows of one kind of work: one query. What is done is not read, it may be much."""
    now = timezone.now()
    pending = Q(state=Job.State.PENDING)
    running = pending & Q(claimed_until__gt=now)
    due = pending & Q(due_at__lte=now) & ~Q(claimed_until__gt=now)
    # Not "all but those that are done": for that databases would not use the index.
    rows = of.filter(state__in=(Job.State.PENDING, Job.State.FAILED))
    found = rows.aggregate(
        pending=Count("pk", filter=pending),
        running=Count("pk", filter=running),
        due=Count("pk", filter=due),
        failed=Count("pk", filter=Q(state=Job.State.FAILED)),
        oldest=Min("due_at", filter=due),
    )
    return WorkStatus(
        kind=of.model._meta.model_name or "",
        due=found["due"],
        waiting=found["pending"] - found["running"] - found["due"],
        running=found["running"],
        failed=found["failed"],
        oldest=(now - found["oldest"]).total_seconds() if found["oldest"] else 0.0,
    )
