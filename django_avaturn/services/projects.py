"""Whose token it is, and what becomes of a remote user that is gone.

Avaturn answers 404 for what is gone, and just so for what is another project's. Which of the two
it is, other remote users of this database tell: nothing about the project is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from asgiref.sync import sync_to_async
from django.db import router, transaction
from django.db.models import F
from django.utils import timezone

from .. import log
from ..exceptions import AvaturnNotFound
from ..models import Avatar, AvaturnProfile
from .connection import get_client
from .profiles import get_profile

if TYPE_CHECKING:
    from ..models.owners import Owner

T = TypeVar("T")

WITNESSES = 3
"""How many other remote users are asked for at the most, one call each."""


def knows_us(besides: str = "") -> bool | None:
    """Whether the token's project is the one that this database belongs to.

    Asked for are the lists of up to ``WITNESSES`` remote users, ``besides`` excepted. True as soon
    as Avaturn knows one, False where it knows none, None where there is nobody to ask for.

    Those synced the longest ago come first: whoever came while a wrong token was set is known to
    the wrong project. One that is deleted meanwhile says nothing. Raises an ``AvaturnError``, or
    ``AvaturnNotConfigured``.
    """
    asked, unknown = {besides}, False
    oldest_first = F("synced_at").asc(nulls_last=True)
    linked = AvaturnProfile.objects.exclude(avaturn_id=None)
    for _ in range(WITNESSES):
        others = linked.exclude(avaturn_id__in=asked).order_by(oldest_first, "pk")
        remote_id = others.values_list("avaturn_id", flat=True).first()
        if remote_id is None:
            return False if unknown else None
        if is_known(remote_id):
            return True
        asked.add(remote_id)
        unknown = unknown or linked.filter(avaturn_id=remote_id).exists()
    return False


def is_known(remote_id: str) -> bool:
    """Whether Avaturn has this remote user in the token's project. One call."""
    try:
        get_client().list_avatars(remote_id)
    except AvaturnNotFound:
        return False
    return True


def relink(profile: AvaturnProfile) -> bool:
    """Let go of a remote user that is gone: the next session makes a new one.

    Its avatars are marked with ``gone_at``; rows and stored files stay. Asks nobody whether it is
    gone. Returns False, and changes nothing, where the profile is not tied to it any more.
    """
    with transaction.atomic(router.db_for_write(AvaturnProfile)):
        row = AvaturnProfile.objects.filter(pk=profile.pk, avaturn_id=profile.avaturn_id)
        if not profile.avaturn_id or not row.update(avaturn_id=None, claimed_until=None):
            return False
        own = Avatar.objects.filter(profile=profile.pk, avaturn_id=profile.avaturn_id)
        own.filter(gone_at=None).update(gone_at=timezone.now())
    log.RELINKED.log(profile_id=profile.pk)
    profile.avaturn_id = None
    return True


arelink = sync_to_async(relink)


def on_behalf_of(user: Owner, remote_id: str, call: Callable[[str], T]) -> T:
    """``call`` with the user's remote user, or where that is gone from Avaturn, with a new one.

    It is taken for gone only where Avaturn knows others of this database. That costs a call or
    two more than the making of the new one, and nothing as long as all is well.
    """
    try:
        return call(remote_id)
    except AvaturnNotFound:
        fresh = _anew(user, remote_id)
        if not fresh:
            raise
    return call(fresh)


def _anew(user: Owner, remote_id: str) -> str:
    profile = AvaturnProfile.objects.of(user).first()
    if profile is None:
        return ""
    if profile.avaturn_id == remote_id:  # else another request was quicker
        if is_known(remote_id):
            return ""
        if not knows_us(besides=remote_id):
            log.NOBODY_KNOWN.log(profile_id=profile.pk)
            return ""
        relink(profile)
    return get_profile(user).avaturn_id or ""
