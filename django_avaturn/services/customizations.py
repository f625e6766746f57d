"""What an avatar wears: read, and written without the editor."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import router, transaction
from django.utils import timezone

from .. import log
from ..client import Customization
from ..conf import settings
from ..exceptions import AvatarNotReady, NeedsApi
from ..hooks import get_hooks
from ..models import Avatar
from .connection import get_client
from .files import renew_files


def get_customization(avatar: Avatar) -> Customization:
    """What an avatar wears and how it is shaped: one call to Avaturn, no query.

    For an avatar made from photos that nobody has changed yet, Avaturn documents no answer. It is
    not asked then, and what is given is the hook's ``default_customization``, which such an
    avatar gets before its model is made.

    Raises ``NeedsApi`` where Avaturn cannot be asked for the avatar, ``AvatarNotReady`` where it
    is still in the making, another ``AvaturnError``, or ``AvaturnNotConfigured``.
    """
    _check(avatar)
    if not avatar.customized:
        return get_hooks().default_customization(avatar)
    return get_client().get_customization(avatar.pk)


def set_customization(avatar: Avatar, customization: Customization) -> None:
    """Replace all that an avatar wears and how it is shaped: one call to Avaturn.

    Model and portrait are made anew after the commit, as tasks; until then those that are there
    stay in use. To change one thing, ``dataclasses.replace`` it in what ``get_customization``
    gave.

    Raises ``CustomizationInvalid``, ``NeedsApi`` or ``AvatarNotReady`` before Avaturn is asked;
    ``AvaturnConflict`` for an asset in a slot of another kind, ``AvaturnGone`` for assets that no
    longer exist, another ``AvaturnError``, or ``AvaturnNotConfigured``; ``Avatar.DoesNotExist``
    where the avatar has been deleted meanwhile. Wherever Avaturn has refused, nothing is changed;
    after an ``AvaturnTimeout`` nobody knows, and it can be written again.
    """
    _check(avatar)
    customization.validate()
    get_client().set_customization(avatar.pk, customization)
    with transaction.atomic(router.db_for_write(Avatar)):
        avatar.hold()
        known = {"customized": True, "body_id": customization.body, "updated_at": timezone.now()}
        Avatar.objects.filter(pk=avatar.pk).update(**known)
        for field, value in known.items():
            setattr(avatar, field, value)
        renew_files(avatar)
    log.AVATAR_CUSTOMIZED.log(avatar_id=avatar.pk)


aget_customization = sync_to_async(get_customization)
aset_customization = sync_to_async(set_customization)


def _check(avatar: Avatar) -> None:
    if settings.free_plan or not avatar.confirmed:
        raise NeedsApi("Avaturn cannot be asked for this avatar: that takes its API.")
    if avatar.status != Avatar.Status.READY:
        raise AvatarNotReady("Only an avatar that is ready can be read and changed.")
