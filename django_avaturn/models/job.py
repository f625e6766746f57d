"""Work that must survive: a row that is claimed, done, and otherwise tried again.

Every step is one conditional UPDATE, so that of many workers on any database exactly one gets
the row, and what a worker finds out counts only as long as the row is still its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models, router, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def savepoint(model: type[models.Model]) -> AbstractContextManager[object]:
    """A savepoint where a transaction is open; without one a single INSERT needs none."""
    using = router.db_for_write(model)
    in_transaction = transaction.get_connection(using).in_atomic_block
    return transaction.atomic(using) if in_transaction else nullcontext()


class JobQuerySet(models.QuerySet[Any]):
    """Rows of one kind of work."""

    def free(self) -> Self:
        """Waiting, with nobody at work on them."""
        nobody = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
        return self.filter(nobody, state=Job.State.PENDING)

    def due(self) -> Self:
        """Free, and it is time."""
        return self.free().filter(due_at__lte=timezone.now())

    def restart(self) -> int:
        """Have these rows done from the start, now; what is under way no longer counts."""
        return self.update(**_restarted())


def _restarted() -> dict[str, Any]:
    pending, now = Job.State.PENDING, timezone.now()
    return dict(state=pending, attempts=0, due_at=now, claimed_until=None, error="")


class Job(models.Model):
    """Due at a time, tried, then ready or failed for good.

    Without ``due_at`` a row waits for somebody else and is never tried by itself.
    """

    class State(models.TextChoices):
        """Where the work stands."""

        PENDING = "pending", _("waiting")
        READY = "ready", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PENDING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    due_at = models.DateTimeField(_("due"), default=timezone.now, null=True, editable=False)
    # Until then somebody is at work on the row; a process that dies lets go of it by this.
    claimed_until = models.DateTimeField(null=True, editable=False)
    error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes: ClassVar[tuple[models.Index, ...]] = (models.Index(fields=["state", "due_at"]),)

    def claim(self, seconds: float, *, early: bool = False) -> bool:
        """Take the row for ``seconds``, if it is due (or ``early``) and nobody else has it."""
        rows = self._rows.free() if early else self._rows.due()
        until = timezone.now() + timedelta(seconds=seconds)
        mine = rows.filter(attempts=self.attempts)
        if not mine.update(claimed_until=until, attempts=F("attempts") + 1):
            return False
        self.attempts += 1
        self.claimed_until = until
        return True

    def finish(self, **fields: Any) -> bool:
        """The work is done. False, and nothing is written, where the row is no longer ours."""
        return self._settle(**{"state": self.State.READY, "error": "", **fields})

    def postpone(self, seconds: float, reason: str, **fields: Any) -> bool:
        """Let go of the row until in ``seconds``."""
        due_at = timezone.now() + timedelta(seconds=seconds)
        return self._settle(**{"due_at": due_at, "error": reason[:300], **fields})

    def give_up(self, reason: str, **fields: Any) -> bool:
        """Leave the row, visible, as failed."""
        return self._settle(state=self.State.FAILED, error=reason[:300], **fields)

    def restart(self, **fields: Any) -> None:
        """Have it done from the start, by default now; what is under way no longer counts."""
        fields = {**_restarted(), **fields}
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=list(fields))

    @property
    def is_due(self) -> bool:
        """Whether it is time to try it, and nobody does."""
        now = timezone.now()
        return bool(
            self.state == self.State.PENDING
            and (self.due_at and self.due_at <= now)
            and (self.claimed_until is None or self.claimed_until <= now)
        )

    @property
    def _rows(self) -> JobQuerySet:
        rows: JobQuerySet = type(self)._default_manager.filter(pk=self.pk)
        return rows

    def _settle(self, **fields: Any) -> bool:
        mine = self._rows.filter(state=self.State.PENDING, claimed_until=self.claimed_until)
        fields["claimed_until"] = None
        if not mine.update(**fields):
            return False
        for name, value in fields.items():
            setattr(self, name, value)
        return True
