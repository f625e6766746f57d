"""Avatars here, kept in step with those at Avaturn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import IntegrityError, router, transaction
from django.db.models import Q
from django.utils import timezone

from .. import signals
from ..client import RemoteAvatar
from ..models import Avatar, AvaturnProfile, RemoteDeletion
from .connection import get_client
from .files import request_files

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How many rows a sync has added, changed, and marked as gone from Avaturn."""

    added: int = 0
    changed: int = 0
    gone: int = 0


def sync_profile(profile: AvaturnProfile) -> SyncResult:
    """Bring the user's avatars in step with Avaturn's list: one call, no network in a transaction.

    An avatar that Avaturn no longer lists keeps its row, marked with ``gone_at``; one that is
    waiting to be deleted there is never brought back. Sends ``avatar_ready`` after the commit for
    each that has become ready. Raises an ``AvaturnError``, or
    ``AvaturnNotConfigured``.
    """
    if not profile.avaturn_id:
        return SyncResult()
    started = timezone.now()
    listed = get_client().list_avatars(profile.avaturn_id, include_not_ready=True)
    return _mirror(profile, listed, started)


def record_export(user: AbstractBaseUser, avatar_id: UUID, told: Mapping[str, object]) -> Avatar:
    """Take note that the editor exported an avatar, and make it the active one.

    ``told`` is what the browser says of it: any of ``gender``, ``body_id`` and
    ``supports_face_animations``. That the avatar is this user's is confirmed with Avaturn (one
    call) before anything is tied to the user; doing it again changes nothing.

    Model and portrait are fetched after the commit, as tasks. Sends ``avatar_exported`` after the
    commit. Raises ``Avatar.DoesNotExist`` where the avatar
    is not the user's, an ``AvaturnError``, or ``AvaturnNotConfigured``.
    """
    profile = AvaturnProfile.objects.filter(user=user.pk).exclude(avaturn_id=None).first()
    foreign = Avatar.objects.filter(pk=avatar_id).exclude(profile=profile)
    if profile is None or foreign.exists():
        raise Avatar.DoesNotExist("The user has no such avatar.")
    started = timezone.now()
    listed = get_client().list_avatars(profile.avaturn_id or "", include_not_ready=True)
    with transaction.atomic(router.db_for_write(Avatar)):
        _mirror(profile, listed, started)
        avatar = profile.avatars.select_related("profile").get(pk=avatar_id, gone_at=None)
        for field, value in told.items():
            setattr(avatar, field, value)
        avatar.save(update_fields=[*told, "updated_at"])
        activate_avatar(avatar)
        request_files(avatar)
        notify = partial(signals.avatar_exported.send_robust, Avatar, avatar=avatar, user=user)
        transaction.on_commit(notify, using=router.db_for_write(Avatar))
    return avatar


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
arecord_export = sync_to_async(record_export)
aactivate_avatar = sync_to_async(activate_avatar)
adelete_avatar = sync_to_async(delete_avatar)


def _mirror(
    profile: AvaturnProfile, listed: Iterable[RemoteAvatar], started: datetime
) -> SyncResult:
    """Write down what Avaturn listed at ``started``.

    The first statement locks the profile's row (and SQLite's file), and so does every deletion
    of an avatar: whichever comes second sees what the first has done.
    """
    with transaction.atomic(router.db_for_write(Avatar)):
        if not AvaturnProfile.objects.filter(pk=profile.pk).update(synced_at=timezone.now()):
            return SyncResult()
        doomed = _doomed(profile, started)
        remote = {item.id: item for item in listed if item.id not in doomed and None not in doomed}
        known = {avatar.pk: avatar for avatar in profile.avatars.all()}
        new = [
            Avatar(id=item.id, profile=profile, status=item.status[:32])
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
        lost = profile.avatars.filter(gone_at=None, created_at__lt=started).exclude(pk__in=remote)
        gone = lost.update(gone_at=timezone.now())
        for avatar in finished:
            notify = partial(signals.avatar_ready.send_robust, Avatar, avatar=avatar)
            transaction.on_commit(notify, using=router.db_for_write(Avatar))
    return SyncResult(added=len(new), changed=len(changed), gone=gone)


def _doomed(profile: AvaturnProfile, started: datetime) -> set[UUID | None]:
    """Ids that were waiting to be deleted when the list was made; None stands for all of them."""
    waiting = Q(done_at=None) | Q(done_at__gte=started)
    rows = RemoteDeletion.objects.filter(waiting, avaturn_id=profile.avaturn_id or "")
    return set(rows.values_list("avatar_id", flat=True))
