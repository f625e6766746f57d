"""Avatars here, kept in step with those at Avaturn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import router, transaction
from django.db.models import Q
from django.utils import timezone

from .. import log, signals
from ..client import RemoteAvatar
from ..conf import settings
from ..exceptions import AvaturnError, AvaturnNotFound
from ..models import Avatar, AvaturnProfile, RemoteDeletion
from .connection import get_client
from .files import renew_files
from .pace import asked_to_wait

FOLLOW_DAYS = 7
"""Who has not sent photos by then, or got no answer, is not asked for any more."""
PATIENCE = 3
"""After how many users in a row about whom there was no answer more are not asked."""
FOLLOW_SECONDS = 3.0
"""Between two questions about an avatar in the making."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How many rows a sync has added, changed, and marked as gone from Avaturn."""

    added: int = 0
    changed: int = 0
    gone: int = 0

    def __add__(self, other: SyncResult) -> SyncResult:
        return SyncResult(
            added=self.added + other.added,
            changed=self.changed + other.changed,
            gone=self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How Avaturn's list of one remote user differs from the rows, by the avatars' ids.

    ``new`` and ``changed`` have the status that Avaturn tells.
    """

    new: dict[UUID, str]
    changed: dict[UUID, str]
    lost: list[UUID]

    @property
    def result(self) -> SyncResult:
        """What writing it down comes to."""
        return SyncResult(added=len(self.new), changed=len(self.changed), gone=len(self.lost))


def sync_profile(profile: AvaturnProfile) -> SyncResult:
    """Bring the user's avatars in step with Avaturn's list: one call, no network in a transaction.

    One more for each former remote user that still has an avatar. An avatar that Avaturn no longer
    lists keeps its row, marked with ``gone_at``; one that is waiting to be deleted there is never
    brought back. For one that was made from photos and has become ready, model and portrait are
    asked for. Sends ``avatar_ready`` after the commit for each that has become ready.

    Where nothing has changed that is two queries. Raises ``AvaturnNotFound`` where Avaturn does
    not know the user any more (see ``sync_all``), another ``AvaturnError``, or
    ``AvaturnNotConfigured``.
    """
    result = SyncResult()
    for remote_id, rows in to_ask_for(profile, profile.avatars.order_by()).items():
        started = timezone.now()
        listed = get_client().list_avatars(remote_id, include_not_ready=True)
        result += bring_in_step(profile, remote_id, rows, listed, started)
    return result


def follow(avatar: Avatar) -> bool:
    """Ask Avaturn how far an avatar in the making is; whoever waits for it calls this repeatedly.

    At most one call in ``FOLLOW_SECONDS`` for each user (rarer where a webhook tells of it as
    well), whoever asks, and none once it is made. Returns whether Avaturn has answered. Never
    raises for what went wrong there: the next call may do better.
    """
    try:
        return _follow(avatar)
    except (AvaturnError, ImproperlyConfigured) as error:
        log.FOLLOW_FAILED.log(avatar_id=avatar.pk, reason=str(error))
        return False


def follow_all() -> int:
    """``follow`` every avatar that has been in the making for up to ``FOLLOW_DAYS``.

    Returns for how many users Avaturn was asked. One about whom it has no answer holds up nobody
    else. Raises the last ``AvaturnError`` after ``PATIENCE`` of them in a row, and where there was
    no answer about anybody.
    """
    since = timezone.now() - timedelta(days=FOLLOW_DAYS)
    made = (Avatar.Status.READY, Avatar.Status.FAILED)
    rows = Avatar.objects.exclude(status__in=made).exclude(avaturn_id="")
    rows = rows.filter(gone_at=None, created_at__gte=since).select_related("profile")
    asked, failures, last = 0, 0, None
    for avatar in rows.order_by("created_at"):
        try:
            if not _follow(avatar):
                continue
            failures = 0
        except AvaturnError as error:
            log.FOLLOW_FAILED.log(avatar_id=avatar.pk, reason=str(error))
            failures, last = failures + 1, error
            if failures == PATIENCE or asked_to_wait(error) is not None:
                raise
        asked += 1
    if last and failures == asked and not isinstance(last, AvaturnNotFound):
        raise last
    return asked


def _follow(avatar: Avatar) -> bool:
    if not avatar.in_the_making:
        return False
    pause = timedelta(seconds=FOLLOW_SECONDS * (5 if settings.WEBHOOK_SECRETS else 1))
    now = timezone.now()
    quiet = Q(synced_at=None) | Q(synced_at__lte=now - pause)
    if not AvaturnProfile.objects.filter(quiet, pk=avatar.profile_id).update(synced_at=now):
        return False
    sync_profile(avatar.profile)
    return True


def activate_avatar(avatar: Avatar) -> None:
    """Make this the avatar that its owner shows. Asks nothing of Avaturn, and sends no signal.

    Raises ``Avatar.DoesNotExist`` where it has been deleted meanwhile.
    """
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        avatar.hold()
        show(avatar)


def show(avatar: Avatar) -> None:
    """``activate_avatar`` for who holds the lock of the avatar's owner already."""
    AvaturnProfile.objects.filter(pk=avatar.profile_id).update(active_avatar=avatar.pk)
    avatar.profile.active_avatar_id = avatar.pk


def delete_avatar(avatar: Avatar) -> None:
    """Delete an avatar, here at once and at Avaturn right after the commit.

    What fails at Avaturn is kept as a ``RemoteDeletion`` and tried again. ``avatar.delete()``,
    querysets and cascades do the same. Sends ``avatar_deleted`` after the commit.
    """
    avatar.delete()


async_profile = sync_to_async(sync_profile)
afollow = sync_to_async(follow)
aactivate_avatar = sync_to_async(activate_avatar)
adelete_avatar = sync_to_async(delete_avatar)


def to_ask_for(profile: AvaturnProfile, rows: Iterable[Avatar]) -> dict[str, list[Avatar]]:
    """The remote users to ask for, each with its avatars among ``rows``, which are the profile's.

    The present one, and former ones but for those that have nothing left at Avaturn.
    """
    owned: dict[str, list[Avatar]] = {profile.avaturn_id or "": []}
    for row in rows:
        owned.setdefault(row.avaturn_id, []).append(row)
    return {
        remote_id: own
        for remote_id, own in owned.items()
        if remote_id
        and (remote_id == profile.avaturn_id or any(row.gone_at is None for row in own))
    }


def mark_synced(profile: AvaturnProfile) -> None:
    """There was nothing to write: one UPDATE says so."""
    AvaturnProfile.objects.filter(pk=profile.pk).update(synced_at=timezone.now())


def bring_in_step(
    profile: AvaturnProfile,
    remote_id: str,
    rows: Iterable[Avatar],
    listed: list[RemoteAvatar],
    started: datetime,
    mark: Callable[[AvaturnProfile], object] = mark_synced,
) -> SyncResult:
    """``mirror``, or ``mark`` where ``rows``, read before, are as Avaturn lists them.

    That needs no lock: nothing is written but that there was nothing to write.
    """
    if compare(rows, listed, started).result != SyncResult():
        return mirror(profile, remote_id, listed, started)
    mark(profile)
    return SyncResult()


def mirror(
    profile: AvaturnProfile, remote_id: str, listed: Iterable[RemoteAvatar], started: datetime
) -> SyncResult:
    """Write down what Avaturn listed at ``started`` for one remote user.

    The first statement locks the profile's row (and SQLite's file), and so does every deletion
    of an avatar: whichever comes second sees what the first has done.
    """
    with transaction.atomic(router.db_for_write(Avatar)):
        if not AvaturnProfile.objects.filter(pk=profile.pk).update(synced_at=timezone.now()):
            return SyncResult()
        doomed = _doomed(remote_id, started)
        known = {avatar.pk: avatar for avatar in profile.avatars.filter(avaturn_id=remote_id)}
        found = compare(known.values(), listed, started, doomed)
        new = [
            Avatar(id=pk, profile=profile, avaturn_id=remote_id, status=status)
            for pk, status in found.new.items()
        ]
        Avatar.objects.bulk_create(new, ignore_conflicts=True)
        finished = [avatar for avatar in new if avatar.status == Avatar.Status.READY]
        changed = [known[pk] for pk in found.changed]
        for avatar in changed:
            if avatar.status != found.changed[avatar.pk] == Avatar.Status.READY:
                finished.append(avatar)
            avatar.status, avatar.gone_at = found.changed[avatar.pk], None
            avatar.updated_at = timezone.now()
        Avatar.objects.bulk_update(changed, ["status", "gone_at", "updated_at"])
        if found.lost:
            Avatar.objects.filter(pk__in=found.lost).update(gone_at=timezone.now())
            tell = partial(log.AVATARS_GONE.log, profile_id=profile.pk, count=len(found.lost))
            transaction.on_commit(tell, using=router.db_for_write(Avatar))
        for avatar in finished:
            _made(avatar)
    return found.result


def difference(
    rows: Iterable[Avatar], remote_id: str, listed: list[RemoteAvatar], started: datetime
) -> Difference:
    """What ``mirror`` would write down; nothing is written. At most one query."""
    found = compare(rows, listed, started)
    return compare(rows, listed, started, _doomed(remote_id, started)) if found.new else found


def compare(
    rows: Iterable[Avatar],
    listed: Iterable[RemoteAvatar],
    started: datetime,
    doomed: Collection[UUID | None] = (),
) -> Difference:
    """What is to be written down of a list of ``started``. No query."""
    remote = {
        item.id: item.status[:32] for item in listed if item.id not in doomed and None not in doomed
    }
    known = {row.pk: row for row in rows}
    return Difference(
        new={pk: status for pk, status in remote.items() if pk not in known},
        changed={
            pk: status
            for pk, status in remote.items()
            if pk in known
            and (known[pk].status != status or known[pk].gone_at)
            and not _is_ahead(known[pk], started)
        },
        lost=[
            pk
            for pk, row in known.items()
            if pk not in remote and row.gone_at is None and row.created_at < started
        ],
    )


def _is_ahead(avatar: Avatar, started: datetime) -> bool:
    """Whether a list that was asked for later is written down already: nothing is unmade."""
    if avatar.gone_at:
        return avatar.gone_at >= started
    made = avatar.status in (Avatar.Status.READY, Avatar.Status.FAILED)
    return made and avatar.updated_at >= started


def _made(avatar: Avatar) -> None:
    """Avaturn has finished an avatar. One made from photos needs no editor to get its files."""
    if not avatar.customized:
        shown_none = AvaturnProfile.objects.filter(pk=avatar.profile_id, active_avatar=None)
        shown_none.update(active_avatar=avatar.pk)
        renew_files(avatar)
    notify = partial(signals.avatar_ready.send_robust, Avatar, avatar=avatar)
    transaction.on_commit(notify, using=router.db_for_write(Avatar))


def _doomed(remote_id: str, started: datetime) -> set[UUID | None]:
    """Ids that were waiting to be deleted when the list was made; None stands for all of them."""
    waiting = Q(done_at=None) | Q(done_at__gte=started)
    rows = RemoteDeletion.objects.filter(waiting, avaturn_id=remote_id)
    return set(rows.values_list("avatar_id", flat=True))
