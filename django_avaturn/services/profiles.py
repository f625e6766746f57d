"""One remote user for each site user, whatever the concurrency."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import IntegrityError, router, transaction
from django.db.models import Q
from django.utils import timezone

from .. import log
from ..conf import settings
from ..exceptions import AvaturnTimeout
from ..models import AvaturnProfile, RemoteDeletion
from ..models.job import savepoint
from ..models.owners import ownership
from .connection import get_client

if TYPE_CHECKING:
    from ..models.owners import Owner

POLL = 0.05
"""Seconds between two looks at a profile that another request is linking."""


def get_profile(user: Owner) -> AvaturnProfile:
    """The user's profile with its remote user, which is made on the first call.

    ``user`` may be a visitor (``Guest``). On Avaturn's plan without API there are no remote users.

    Exactly one remote user comes of any number of calls at once: one of them claims the
    profile's row for a while and asks Avaturn, the others wait for the outcome. No lock and no
    transaction is held meanwhile, so nobody else is kept waiting on any database.

    Raises an ``AvaturnError``, ``AvaturnNotConfigured`` without a token, or
    ``AvaturnProfile.DoesNotExist`` where the user has been deleted meanwhile.
    """
    if ownership(user) is None:
        raise ValueError("Only users that are saved, and visitors, have a profile.")
    profile = _find(user)
    if profile and profile.avaturn_id:
        return profile
    if settings.free_plan:
        return profile or insert(user) or get_profile(user)
    return _link(user, profile)


def start_over(user: Owner) -> AvaturnProfile:
    """The user's profile with a new remote user in place of the one before.

    The former one is deleted with all avatars, here at once and at Avaturn right after the commit
    (a ``RemoteDeletion``); with ``KEEP_FORMER`` the avatars stay. Both happen in one transaction.
    Of several calls at once all get a new remote user, and none is left over. On Avaturn's plan
    without API there is none, and only the copies on this site go.

    Sends ``avatar_deleted`` after the commit for each avatar that goes. Raises what
    ``get_profile`` raises.
    """
    profile = _find(user)
    if not profile or not (profile.avaturn_id or settings.free_plan):
        return get_profile(user)
    former = profile.avaturn_id
    fresh = None if settings.free_plan else get_client().create_user().id
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        row = AvaturnProfile.objects.filter(pk=profile.pk, avaturn_id=former)
        if row.update(avaturn_id=fresh, claimed_until=None):
            _leave(profile)
            tell = partial(log.STARTED_OVER.log, profile_id=profile.pk)
            transaction.on_commit(tell, using=router.db_for_write(AvaturnProfile))
        elif fresh:  # another request was quicker, or the profile is gone
            RemoteDeletion.objects.create(avaturn_id=fresh)
    return get_profile(user)


def erase(user: Owner) -> None:
    """Forget everything about the user, here at once and at Avaturn right after the commit.

    ``user`` may be a visitor (``Guest``). What fails at Avaturn is kept as a ``RemoteDeletion`` and
    tried again, so that no ``AvaturnError`` is raised. Sends ``avatar_deleted`` for each avatar.
    """
    AvaturnProfile.objects.of(user).delete()


def insert(user: Owner, **fields: Any) -> AvaturnProfile | None:
    """A new profile; None where another request was quicker.

    Raises ``AvaturnProfile.DoesNotExist`` where the user has been deleted meanwhile.
    """
    try:
        with savepoint(AvaturnProfile):
            return AvaturnProfile.objects.create(**ownership(user) or {}, **fields)
    except IntegrityError:
        users = get_user_model()._base_manager
        if user.pk is not None and not users.filter(pk=user.pk).exists():
            raise AvaturnProfile.DoesNotExist("The user has been deleted.") from None
        return None


def clear(profile: AvaturnProfile) -> None:
    """Delete all avatars of a profile that is locked, and its remote users, former ones too."""
    remote_ids = profile.remote_ids()
    # Without an owner they are not deleted at Avaturn one by one: their users are.
    profile.avatars.update(avaturn_id="")
    profile.avatars.all().delete()
    for avaturn_id in remote_ids:
        RemoteDeletion.objects.create(avaturn_id=avaturn_id)


aget_profile = sync_to_async(get_profile)
astart_over = sync_to_async(start_over)
aerase = sync_to_async(erase)


def _leave(profile: AvaturnProfile) -> None:
    """Delete what ``profile``, as it was, has had until now, unless the site keeps it.

    A remote user without an avatar that could be kept goes in any case.
    """
    if not settings.KEEP_FORMER:
        clear(profile)
        return
    if profile.avatars.filter(avaturn_id=profile.avaturn_id or "").exists():
        return
    if profile.avaturn_id:
        RemoteDeletion.objects.create(avaturn_id=profile.avaturn_id)


def _find(user: Owner) -> AvaturnProfile | None:
    return AvaturnProfile.objects.of(user).first()


def _link(user: Owner, profile: AvaturnProfile | None) -> AvaturnProfile:
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


def _claim(user: Owner, profile: AvaturnProfile | None, lease: timedelta) -> AvaturnProfile | None:
    """The profile, if it is now ours to link. A claim ends by itself if its process dies."""
    until = timezone.now() + lease
    if profile is None:
        return insert(user, claimed_until=until)
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
        log.PROFILE_LINKED.log(profile_id=profile.pk)
        return profile
    # The profile was erased, or our claim had run out and another request was quicker.
    RemoteDeletion.objects.create(avaturn_id=remote.id)
    return AvaturnProfile.objects.get(pk=profile.pk)
