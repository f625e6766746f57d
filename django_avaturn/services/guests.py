"""Visitors' avatars: handed over at log-in, forgotten after a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import IntegrityError, router, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from .. import log
from ..conf import settings
from ..models import Avatar, AvaturnProfile, Guest
from ..models.owners import OwnedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def claim_guest(guest: Guest, user: AbstractBaseUser) -> int:
    """Hand what a visitor has made over to a user; called at every log-in and sign-up.

    A user without a profile gets the visitor's. One who has a profile already gets the avatars
    added, which go on belonging to the visitor's remote user at Avaturn; the active avatar stays,
    where there is one. The newer consent stays, or the user's own to the text in force. Nothing is
    asked of Avaturn. Returns how many avatars there were; doing it again, or in two places at
    once, changes nothing more.
    """
    mine = AvaturnProfile.objects.of(guest)
    pk = mine.values_list("pk", flat=True).first()
    if pk is None:
        return 0
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        AvaturnProfile.hold(pk)
        profile = mine.filter(pk=pk).first()
        if profile is None:
            return 0
        count = int(profile.avatars.count())
        if not _hand_over(profile, user):
            return 0
    log.VISITOR_CLAIMED.log(user_id=user.pk, count=count)
    return count


def forget_guests() -> int:
    """Erase visitors who have saved nothing for ``GUEST_DAYS``. Returns how many."""
    before = timezone.now() - timedelta(days=settings.GUEST_DAYS)
    # Not by synced_at: a sync of everybody is nothing that a visitor has done.
    saved = Avatar.objects.filter(profile=OuterRef("pk"), updated_at__gte=before)
    guests = AvaturnProfile.objects.filter(~Exists(saved), user=None, created_at__lt=before)
    count = sum(_forget(guests, pk) for pk in list(guests.values_list("pk", flat=True)))
    if count:
        log.VISITORS_FORGOTTEN.log(count=count)
    return count


aclaim_guest = sync_to_async(claim_guest)


def _hand_over(profile: AvaturnProfile, user: AbstractBaseUser) -> bool:
    """To the user's profile, which may come or go this very moment. False where the user has."""
    for _ in range(3):
        to = AvaturnProfile.objects.filter(user=user.pk).first()
        if to is None and _become(profile, user):
            return True
        if to is not None and AvaturnProfile.hold(to.pk):
            _add(profile, to)
            return True
    return False


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
    active = profile.active_avatar_id
    moved = profile.avatars.update(profile=to)
    if moved:
        AvaturnProfile.objects.filter(pk=profile.pk).update(avaturn_id=None, active_avatar=None)
    AvaturnProfile.objects.filter(pk=to.pk, active_avatar=None).update(active_avatar=active)
    _bring_consent(profile, to)
    AvaturnProfile.objects.get(pk=profile.pk).delete()


def _bring_consent(profile: AvaturnProfile, to: AvaturnProfile) -> None:
    """The newer one counts, but nothing replaces the user's own to the version in force."""
    if profile.consented_at is None:
        return
    older = Q(consented_at=None) | Q(consented_at__lt=profile.consented_at)
    row = AvaturnProfile.objects.filter(older, pk=to.pk)
    row = row.exclude(consent_version=settings.CONSENT_VERSION, consented_at__isnull=False)
    row.update(consent_version=profile.consent_version, consented_at=profile.consented_at)


def _forget(guests: OwnedQuerySet, pk: Any) -> int:
    """Erase one, unless it has been claimed or come back this very moment."""
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        AvaturnProfile.hold(pk)
        deleted, _ = guests.filter(pk=pk).delete()
    return int(deleted > 0)
