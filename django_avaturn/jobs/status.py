"""How much work there is, for people and for monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from ..models import Job
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


def work_status() -> list[WorkStatus]:
    """All kinds of work: one query for each."""
    now = timezone.now()
    return [_status(model, now) for model in HANDLERS]


def _status(model: type[Job], now: datetime) -> WorkStatus:
    pending = Q(state=Job.State.PENDING)
    running = pending & Q(claimed_until__gt=now)
    due = pending & Q(due_at__lte=now) & ~Q(claimed_until__gt=now)
    rows = model._default_manager.exclude(state=Job.State.READY)
    found = rows.aggregate(
        pending=Count("pk", filter=pending),
        running=Count("pk", filter=running),
        due=Count("pk", filter=due),
        failed=Count("pk", filter=Q(state=Job.State.FAILED)),
        oldest=Min("due_at", filter=due),
    )
    return WorkStatus(
        kind=model._meta.model_name or "",
        due=found["due"],
        waiting=found["pending"] - found["running"] - found["due"],
        running=found["running"],
        failed=found["failed"],
        oldest=(now - found["oldest"]).total_seconds() if found["oldest"] else 0.0,
    )
