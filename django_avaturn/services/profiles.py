"""One remote user for each site user, whatever the concurrency."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from ..conf import settings
from ..exceptions import AvaturnTimeout
from ..models import AvaturnProfile, RemoteDeletion
from ..models.job import savepoint
from .connection import get_client

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

POLL = 0.05
"""Seconds between two looks at a profile that another request is linking."""


def get_profile(user: AbstractBaseUser) -> AvaturnProfile:
    """The user's profile with its remote user, which is made on the first call.

    Exactly one remote user comes of any number of calls at once: one of them claims the
    profile's row for a while and asks Avaturn, the others wait for the outcome. No lock and no
    transaction is held meanwhile, so nobody else is kept waiting on any database.

    Raises an ``AvaturnError``, or ``AvaturnNotConfigured`` without a token.
    """
    profile = _find(user)
    if profile and profile.avaturn_id:
        return profile
    return _link(user, profile)


def erase(user: AbstractBaseUser) -> None:
    """Forget everything about the user, here at once and at Avaturn right after the commit.

    What fails at Avaturn is kept as a ``RemoteDeletion`` and tried again.
    """
    AvaturnProfile.objects.filter(user=user.pk).delete()


aget_profile = sync_to_async(get_profile)
aerase = sync_to_async(erase)


def _find(user: AbstractBaseUser) -> AvaturnProfile | None:
    return AvaturnProfile.objects.filter(user=user.pk).first()


def _link(user: AbstractBaseUser, profile: AvaturnProfile | None) -> AvaturnProfile:
    get_client()  # not configured? say so before a row is written
    patience = sum(settings.TIMEOUT)
    deadline = time.monotonic() + patience
    while not (profile and profile.avaturn_id):
        claimed = _claim(user, profile, timedelta(seconds=patience + 5))
        if claimed:
            return _make_remote_user(claimed)
        if time.monotonic() > deadline:
            raise AvaturnTimeout("Another request has been making the user's link for too long.")
        time.sleep(POLL)
        profile = _find(user)
    return profile


def _claim(
    user: AbstractBaseUser, profile: AvaturnProfile | None, lease: timedelta
) -> AvaturnProfile | None:
    """The profile, if it is now ours to link. A claim ends by itself if its process dies."""
    until = timezone.now() + lease
    if profile is None:
        try:
            with savepoint(AvaturnProfile):
                return AvaturnProfile.objects.create(user_id=user.pk, claimed_until=until)
        except IntegrityError:
            return None
    free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    row = AvaturnProfile.objects.filter(free, pk=profile.pk, avaturn_id=None)
    profile.claimed_until = until
    return profile if row.update(claimed_until=until) else None


def _make_remote_user(profile: AvaturnProfile) -> AvaturnProfile:
    row = AvaturnProfile.objects.filter(pk=profile.pk, avaturn_id=None)
    try:
        remote = get_client().create_user()
    except BaseException:
        row.filter(claimed_until=profile.claimed_until).update(claimed_until=None)
        raise
    if row.update(avaturn_id=remote.id, claimed_until=None):
        profile.avaturn_id, profile.claimed_until = remote.id, None
        return profile
    # The profile was erased, or our claim had run out and another request was quicker.
    RemoteDeletion.objects.create(avaturn_id=remote.id)
    return AvaturnProfile.objects.get(pk=profile.pk)
