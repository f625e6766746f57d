"""Visitors' avatars: handed over at log-in, forgotten after a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import IntegrityError, router, transaction
from django.db.models import F, Q
from django.utils import timezone

from ..conf import settings
from ..models import AvaturnProfile, Guest
from ..models.owners import OwnedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def claim_guest(guest: Guest, user: AbstractBaseUser) -> int:
    """Hand what a visitor has made over to a user; called at every log-in and sign-up.

    A user without a profile gets the visitor's. One who has a profile already gets the avatars
    added, which go on belonging to the visitor's remote user at Avaturn; the active avatar stays,
    where there is one. Nothing is asked of Avaturn. Returns how many avatars there were; doing it
    again, or in two places at once, changes nothing more.
    """
    mine = AvaturnProfile.objects.of(guest)
    pk = mine.values_list("pk", flat=True).first()
    if pk is None:
        return 0
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        _lock(pk)
        profile = mine.filter(pk=pk).first()
        if profile is None:
            return 0
        count = int(profile.avatars.count())
        if not _become(profile, user):
            _add(profile, AvaturnProfile.objects.get(user=user.pk))
    return count


def forget_guests() -> int:
    """Erase visitors who have saved nothing for ``GUEST_DAYS``. Returns how many."""
    before = timezone.now() - timedelta(days=settings.GUEST_DAYS)
    quiet = Q(synced_at=None) | Q(synced_at__lt=before)
    guests = AvaturnProfile.objects.filter(quiet, user=None, created_at__lt=before)
    return sum(_forget(guests, pk) for pk in list(guests.values_list("pk", flat=True)))


aclaim_guest = sync_to_async(claim_guest)


def _become(profile: AvaturnProfile, user: AbstractBaseUser) -> bool:
    """Make it the user's own profile; False where there is one already."""
    try:
        with transaction.atomic(router.db_for_write(AvaturnProfile)):
            row = AvaturnProfile.objects.filter(pk=profile.pk)
            return bool(row.update(user_id=user.pk, guest=None))
    except IntegrityError:
        return False


def _add(profile: AvaturnProfile, to: AvaturnProfile) -> None:
    """Move the avatars. A remote user without any goes with the visitor's profile."""
    _lock(to.pk)
    active = profile.active_avatar_id
    moved = profile.avatars.update(profile=to)
    if moved:
        AvaturnProfile.objects.filter(pk=profile.pk).update(avaturn_id=None, active_avatar=None)
    AvaturnProfile.objects.filter(pk=to.pk, active_avatar=None).update(active_avatar=active)
    AvaturnProfile.objects.get(pk=profile.pk).delete()


def _forget(guests: OwnedQuerySet, pk: Any) -> int:
    """Erase one, unless it has been claimed or come back this very moment."""
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        _lock(pk)
        deleted, _ = guests.filter(pk=pk).delete()
    return int(deleted > 0)


def _lock(pk: Any) -> None:
    """Writes nothing new; it makes others wait, and SQLite's file ours from the start.

    By the key alone: MariaDB locks each index that a condition uses, in an order of its own.
    """
    AvaturnProfile.objects.filter(pk=pk).update(synced_at=F("synced_at"))
