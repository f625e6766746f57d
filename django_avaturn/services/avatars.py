"""Avatars here, kept in step with those at Avaturn."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, router, transaction
from django.db.models import Q
from django.utils import timezone

from .. import signals
from ..client import RemoteAvatar
from ..conf import settings
from ..exceptions import AvaturnError
from ..models import Avatar, AvaturnProfile, RemoteDeletion
from .connection import get_client
from .files import request_files

logger = logging.getLogger("django_avaturn.services")

FOLLOW_DAYS = 7
"""Who has not sent photos by then, or got no answer, is not asked for any more."""
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


def sync_profile(profile: AvaturnProfile) -> SyncResult:
    """Bring the user's avatars in step with Avaturn's list: one call, no network in a transaction.

    One more for each former remote user whose avatars were kept. An avatar that Avaturn no longer
    lists keeps its row, marked with ``gone_at``; one that is waiting to be deleted there is never
    brought back. For one that was made from photos and has become ready, model and portrait are
    asked for. Sends ``avatar_ready`` after the commit for each that has become ready. Raises an
    ``AvaturnError``, or ``AvaturnNotConfigured``.
    """
    result = SyncResult()
    for remote_id in profile.remote_ids():
        started = timezone.now()
        listed = get_client().list_avatars(remote_id, include_not_ready=True)
        result += mirror(profile, remote_id, listed, started)
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
        logger.warning("Avatar %s could not be followed: %s", avatar.pk, error)
        return False


def follow_all() -> int:
    """``follow`` every avatar that has been in the making for up to ``FOLLOW_DAYS``.

    Returns for how many users Avaturn was asked. Raises an ``AvaturnError`` where it cannot be.
    """
    since = timezone.now() - timedelta(days=FOLLOW_DAYS)
    made = (Avatar.Status.READY, Avatar.Status.FAILED)
    rows = Avatar.objects.exclude(status__in=made).exclude(avaturn_id="")
    rows = rows.filter(gone_at=None, created_at__gte=since).select_related("profile")
    return sum(_follow(avatar) for avatar in rows.order_by("created_at"))


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
    """Make this the avatar that its owner shows.

    Raises ``Avatar.DoesNotExist`` where it has been deleted meanwhile.
    """
    row = AvaturnProfile.objects.filter(pk=avatar.profile_id, avatars=avatar.pk)
    try:
        with transaction.atomic(router.db_for_write(AvaturnProfile)):
            found = row.update(active_avatar=avatar.pk)
    except IntegrityError:
        found = 0
    if not found:
        raise Avatar.DoesNotExist("The avatar has been deleted.")
    avatar.profile.active_avatar_id = avatar.pk


def delete_avatar(avatar: Avatar) -> None:
    """Delete an avatar, here at once and at Avaturn right after the commit.

    What fails at Avaturn is kept as a ``RemoteDeletion`` and tried again. ``avatar.delete()``,
    querysets and cascades do the same.
    """
    avatar.delete()


async_profile = sync_to_async(sync_profile)
afollow = sync_to_async(follow)
aactivate_avatar = sync_to_async(activate_avatar)
adelete_avatar = sync_to_async(delete_avatar)


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
        remote = {item.id: item for item in listed if item.id not in doomed and None not in doomed}
        own = profile.avatars.filter(avaturn_id=remote_id)
        known = {avatar.pk: avatar for avatar in own}
        new = [
            Avatar(id=item.id, profile=profile, avaturn_id=remote_id, status=item.status[:32])
            for item in remote.values()
            if item.id not in known
        ]
        Avatar.objects.bulk_create(new, ignore_conflicts=True)
        finished = [avatar for avatar in new if avatar.status == Avatar.Status.READY]
        changed = [
            avatar
            for avatar in known.values()
            if (item := remote.get(avatar.pk))
            and (avatar.status != item.status[:32] or avatar.gone_at)
        ]
        for avatar in changed:
            if avatar.status != remote[avatar.pk].status == Avatar.Status.READY:
                finished.append(avatar)
            avatar.status, avatar.gone_at = remote[avatar.pk].status[:32], None
            avatar.updated_at = timezone.now()
        Avatar.objects.bulk_update(changed, ["status", "gone_at", "updated_at"])
        lost = own.filter(gone_at=None, created_at__lt=started).exclude(pk__in=remote)
        gone = lost.update(gone_at=timezone.now())
        for avatar in finished:
            _made(avatar)
    return SyncResult(added=len(new), changed=len(changed), gone=gone)


def _made(avatar: Avatar) -> None:
    """Avaturn has finished an avatar. One made from photos needs no editor to get its files."""
    if not avatar.customized:
        shown_none = AvaturnProfile.objects.filter(pk=avatar.profile_id, active_avatar=None)
        shown_none.update(active_avatar=avatar.pk)
        request_files(avatar)
    notify = partial(signals.avatar_ready.send_robust, Avatar, avatar=avatar)
    transaction.on_commit(notify, using=router.db_for_write(Avatar))


def _doomed(remote_id: str, started: datetime) -> set[UUID | None]:
    """Ids that were waiting to be deleted when the list was made; None stands for all of them."""
    waiting = Q(done_at=None) | Q(done_at__gte=started)
    rows = RemoteDeletion.objects.filter(waiting, avaturn_id=remote_id)
    return set(rows.values_list("avatar_id", flat=True))
