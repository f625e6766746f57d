"""Every profile brought in step with Avaturn, several at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from .. import log
from ..exceptions import (
    AvaturnError,
    AvaturnNotFound,
    AvaturnOtherProject,
    AvaturnRejected,
    AvaturnUnauthorized,
)
from ..models import Avatar, AvaturnProfile
from . import avatars, projects
from .avatars import SyncResult
from .connection import get_client
from .marks import Marks
from .pace import Pace, Stopped, asked_to_wait

PAGE = 1000
"""Profiles that are read at a time, with their avatars: two queries."""
PATIENCE = 10
"""After how many users in a row that Avaturn could not be asked for there is no point in more."""

NOTHING = SyncResult()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one profile. ``lost``: its remote user is gone from Avaturn.

    With an ``error`` the rest may be of former remote users alone.
    """

    profile: AvaturnProfile
    result: SyncResult = NOTHING
    lost: bool = False
    error: Exception | None = None

    @property
    def is_final(self) -> bool:
        """Whether others would fail for the same reason."""
        hopeless = AvaturnOtherProject | AvaturnUnauthorized | ImproperlyConfigured
        return isinstance(self.error, hopeless) or asked_to_wait(self.error) is not None


def sync_all(
    profiles: QuerySet[AvaturnProfile] | None = None,
    *,
    jobs: int = 4,
    before: datetime | None = None,
    limit: int | None = None,
    relink: bool = False,
    forget_unknown: bool = False,
    dry_run: bool = False,
) -> Generator[Outcome, None, None]:
    """Bring ``profiles``, or all of them, in step with Avaturn, in ``jobs`` threads.

    Each costs one call (see ``sync_profile``); those for whom nothing has changed share an UPDATE,
    50 of them or those of a second, which is lost where the process is killed. Those
    synced the longest ago, or never, come first; ``before`` leaves out those synced since then, so
    that a run which was ended goes on where it was. ``limit`` is a number of profiles. With
    ``dry_run`` Avaturn is asked and nothing is written.

    Yields an ``Outcome`` for each as it comes; what fails for one does not stop the others. All of
    them wait where Avaturn asks for that. Of a remote user that Avaturn does not know any more the
    avatars are marked with ``gone_at``, and with ``relink`` the next session makes a new one; but
    only where Avaturn knows others of this database, or with ``forget_unknown``.

    Raises, after the outcomes so far, the ``AvaturnError`` because of which asking for more has no
    point: ``AvaturnOtherProject``, ``AvaturnUnauthorized``, ``AvaturnThrottled``, or
    ``AvaturnUnavailable`` and ``AvaturnTimeout`` after ``PATIENCE`` of them in a row, and so an
    error of the database. Also ``AvaturnNotConfigured``.
    """
    if profiles is None:
        profiles = AvaturnProfile.objects.all()
    turns = islice(longest_unsynced(profiles, before or timezone.now(), limit), limit)
    run = _Run(turns, jobs, relink=relink, forget_unknown=forget_unknown, dry_run=dry_run)
    failures, end = 0, None
    try:
        for outcome in run.outcomes():
            settled = outcome.error is None or isinstance(outcome.error, AvaturnRejected)
            failures = 0 if settled else failures + 1
            if end is None and (outcome.is_final or failures >= PATIENCE):
                end = outcome.error
                run.stop()
            yield outcome
    finally:
        run.finish()
    if end := end or run.broken:
        raise end


def unsynced(profiles: QuerySet[AvaturnProfile], before: datetime) -> QuerySet[AvaturnProfile]:
    """Those with a remote user that were not synced since ``before``."""
    linked = profiles.exclude(avaturn_id=None)
    return linked.filter(Q(synced_at=None) | Q(synced_at__lt=before))


def longest_unsynced(
    profiles: QuerySet[AvaturnProfile], before: datetime, limit: int | None = None
) -> Iterator[AvaturnProfile]:
    """``unsynced`` ones with their avatars: never synced ones, then the longest unsynced first.

    They are read page by page, by key: a sync that fails leaves its row where it is in the order,
    one that succeeds takes it out. With a ``limit`` no page is longer than that.
    """
    fields = ("profile_id", "avaturn_id", "status", "gone_at", "created_at", "updated_at")
    own = Prefetch("avatars", Avatar.objects.order_by().only(*fields))
    # As the index has them: each page is read where the one before has ended.
    rows = profiles.exclude(avaturn_id=None).prefetch_related(own).order_by("synced_at", "pk")
    size = min(PAGE, limit or PAGE)
    never, later = rows.filter(synced_at=None), Q()
    while page := list(never.filter(later)[:size]):
        yield from page
        later = Q(pk__gt=page[-1].pk)
    once, later = rows.filter(synced_at__lt=before), Q()
    while page := list(once.filter(later)[:size]):
        yield from page
        last, when = page[-1].pk, page[-1].synced_at
        later = Q(synced_at__gte=when) & (Q(synced_at__gt=when) | Q(pk__gt=last))


class _Run:
    """The threads of one sync, and what they share."""

    def __init__(
        self,
        turns: Iterator[AvaturnProfile],
        jobs: int,
        *,
        relink: bool,
        forget_unknown: bool,
        dry_run: bool,
    ) -> None:
        self._client = get_client()
        self._turns = turns
        self._relink, self._dry_run = relink, dry_run
        self._is_ours = forget_unknown
        self._stopped = Event()
        self._pace = Pace(self._stopped)
        self._next, self._asking = Lock(), Lock()
        # Of SQLite's writers one waits for the other by trying again, for some seconds only.
        sqlite = connections[router.db_for_write(Avatar)].vendor == "sqlite"
        self._writing: AbstractContextManager[Any] = Lock() if sqlite else nullcontext()
        self._marks = Marks()
        self._outcomes: Queue[Outcome | None] = Queue(maxsize=jobs)
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(jobs)]
        self.broken: Exception | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Start, and yield until every thread has ended."""
        for thread in self._threads:
            thread.start()
        for _ in self._threads:
            yield from iter(self._outcomes.get, None)

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopped.set()

    def finish(self) -> None:
        """Wait until the threads have done what they are at."""
        self.stop()
        for thread in self._threads:
            while thread.is_alive():
                self._take()
                thread.join(0.05)

    def _take(self) -> None:
        """Make room for a thread that has something to tell."""
        while not self._outcomes.empty():
            self._outcomes.get_nowait()

    def _work(self) -> None:
        try:
            self._take_turns()
            with self._writing:
                self._marks.write()
        except Exception as error:  # the database, while a page was read
            self.broken = error
            self.stop()
        finally:
            connections.close_all()
            self._outcomes.put(None)

    def _take_turns(self) -> None:
        with suppress(Stopped):
            while (profile := self._turn()) is not None:
                outcome = self._sync(profile)
                if outcome.is_final:
                    self.stop()
                self._outcomes.put(outcome)

    def _turn(self) -> AvaturnProfile | None:
        with self._next:
            return None if self._stopped.is_set() else next(self._turns, None)

    def _sync(self, profile: AvaturnProfile) -> Outcome:
        result, lost = SyncResult(), False
        try:
            for remote_id, rows in avatars.to_ask_for(profile, profile.avatars.all()).items():
                found, gone = self._bring_in_step(profile, remote_id, rows)
                result += found
                lost = lost or (gone and remote_id == profile.avaturn_id)
            if lost and self._relink and not self._dry_run:
                with self._writing:
                    projects.relink(profile)
        except Stopped:
            raise
        except (AvaturnError, ImproperlyConfigured) as error:
            return Outcome(profile=profile, result=result, error=error)
        except Exception as error:
            log.SYNC_BROKE.log(profile_id=profile.pk, error=error)
            return Outcome(profile=profile, result=result, error=error)
        return Outcome(profile=profile, result=result, lost=lost)

    def _bring_in_step(
        self, profile: AvaturnProfile, remote_id: str, rows: list[Avatar]
    ) -> tuple[SyncResult, bool]:
        """For one remote user; also whether it is gone."""
        started, gone = timezone.now(), False
        ask = partial(self._client.list_avatars, remote_id, include_not_ready=True)
        try:
            listed = self._pace.ask(ask)
        except AvaturnNotFound:
            if not _is_tied(profile, remote_id):  # any more: it was deleted just now
                return SyncResult(), False
            self._make_sure_of_project(remote_id)
            listed, gone = [], True
        if self._dry_run:
            return avatars.difference(rows, remote_id, listed, started).result, gone
        with self._writing:
            mark = self._marks.add
            found = avatars.bring_in_step(profile, remote_id, rows, listed, started, mark)
        return found, gone

    def _make_sure_of_project(self, remote_id: str) -> None:
        """Whoever is unknown is gone only where others are known. Asked once in a run."""
        with self._asking:
            if not self._is_ours:
                known = self._pace.ask(partial(projects.knows_us, besides=remote_id))
                if not known:
                    raise AvaturnOtherProject
                self._is_ours = True


def _is_tied(profile: AvaturnProfile, remote_id: str) -> bool:
    """Whether the profile still has this remote user, or avatars of it."""
    if remote_id == profile.avaturn_id:
        return AvaturnProfile.objects.filter(pk=profile.pk, avaturn_id=remote_id).exists()
    return Avatar.objects.filter(profile=profile.pk, avaturn_id=remote_id).exists()
