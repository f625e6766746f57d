"""Work that must survive: a row that is claimed, done, and otherwise tried again.

Every step is one conditional UPDATE, so that of many workers on any database exactly one gets
the row, and what a worker finds out counts only as long as the row is still its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, router, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MYPY = False  # which takes it for True


def savepoint(model: type[models.Model]) -> AbstractContextManager[object]:
    """A savepoint where a transaction is open; without one a single INSERT needs none."""
    using = router.db_for_write(model)
    in_transaction = transaction.get_connection(using).in_atomic_block
    return transaction.atomic(using) if in_transaction else nullcontext()


class JobQuerySet(models.QuerySet[Any]):
    """Rows of one kind of work."""

    if TYPE_CHECKING and not MYPY:
        # mypy has a plugin for Django; to other checkers the manager has the methods of its rows.
        @classmethod
        def as_manager(cls) -> Self: ...

    def due(self) -> Self:
        """Waiting, with nobody at work on them, and it is time."""
        return self.filter(_due())

    def provided(self, condition: Q) -> Self:
        """Those of rows that are known by their keys for which this holds, too.

        MariaDB locks every index that a condition may use, in an order of its own, which ends in
        deadlocks. It cannot use one for this.
        """
        yes, no = Value(True), Value(False)
        return self.filter(Case(When(condition, then=yes), default=no))

    def still_free(self) -> Self:
        """Waiting, with nobody at work on them; of rows that are known by their keys."""
        return self.provided(_free())

    def restart(self) -> int:
        """Have these rows done from the start, now; what is under way no longer counts."""
        return self.update(**_restarted())


def _free() -> Q:
    nobody = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    return nobody & Q(state=Job.State.PENDING)


def _due() -> Q:
    return _free() & Q(due_at__lte=timezone.now())


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

    if TYPE_CHECKING:

        def get_state_display(self) -> str: ...

    class Meta:
        abstract = True
        indexes: ClassVar[tuple[models.Index, ...]] = (models.Index(fields=["state", "due_at"]),)

    def claim(self, seconds: float, *, early: bool = False) -> bool:
        """Take the row for ``seconds``, if it is due (or ``early``) and nobody else has it."""
        until = timezone.now() + timedelta(seconds=seconds)
        unchanged = (_free() if early else _due()) & Q(attempts=self.attempts)
        if not self._rows.provided(unchanged).update(
            claimed_until=until, attempts=F("attempts") + 1
        ):
            return False
        self.attempts += 1
        self.claimed_until = until
        return True

    def finish(self, **fields: Any) -> bool:
        """The work is done. False, and nothing is written, where the row is no longer ours."""
        return self._settle(**{"state": self.State.READY, "error": "", **fields})

    @classmethod
    def finish_all(cls, rows: Sequence[Self], **fields: Any) -> bool:
        """``finish`` for many in one statement. False where not all of them were still ours."""
        fields = {"state": cls.State.READY, "error": "", "claimed_until": None, **fields}
        claims = {row.claimed_until for row in rows}
        ours = Q(state=cls.State.PENDING, claimed_until__in=claims)
        found = cls._known(pk__in=[row.pk for row in rows]).provided(ours)
        if rows and found.update(**fields) < len(rows):
            return False
        for row in rows:
            row._assign(fields)
        return True

    def postpone(self, seconds: float, reason: str, **fields: Any) -> bool:
        """Let go of the row until in ``seconds``."""
        due_at = timezone.now() + timedelta(seconds=seconds)
        return self._settle(**{"due_at": due_at, "error": reason[:300], **fields})

    def give_up(self, reason: str, **fields: Any) -> bool:
        """Leave the row, visible, as failed."""
        return self._settle(state=self.State.FAILED, error=reason[:300], **fields)

    def restart(self, **fields: Any) -> bool:
        """Have it done from the start, by default now; what is under way no longer counts."""
        return self.amend(**{**_restarted(), **fields})

    def amend(self, **fields: Any) -> bool:
        """Write these, whoever is at work on the row. False where it has been deleted.

        Tells of it as ``save`` does, so that what is due now gets started.
        """
        if not self._rows.update(**fields):
            return False
        self._assign(fields)
        told = {"created": False, "update_fields": frozenset(fields), "raw": False}
        using = router.db_for_write(type(self))
        post_save.send(type(self), instance=self, using=using, **told)
        return True

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
        return self._known(pk=self.pk)

    @classmethod
    def _known(cls, **keys: Any) -> JobQuerySet:
        rows: JobQuerySet = cls._default_manager.filter(**keys)  # pyright: ignore[reportAssignmentType]
        return rows

    def is_ours(self) -> bool:
        """Whether what comes of our work still counts."""
        return self._mine.exists()

    @property
    def _mine(self) -> JobQuerySet:
        ours = Q(state=self.State.PENDING, claimed_until=self.claimed_until)
        return self._rows.provided(ours)

    def _settle(self, **fields: Any) -> bool:
        fields["claimed_until"] = None
        if not self._mine.update(**fields):
            return False
        self._assign(fields)
        return True

    def _assign(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
