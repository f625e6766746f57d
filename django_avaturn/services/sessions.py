"""Opening the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied

from ..client import EditorSession, SessionConfig, SessionType
from ..hooks import get_hooks
from ..models import Avatar
from .connection import get_client
from .profiles import get_profile

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def open_session(
    user: AbstractBaseUser,
    *,
    type: SessionType | None = None,
    avatar_id: UUID | None = None,
) -> EditorSession:
    """A short-lived link into the editor, made anew at each call and stored nowhere.

    ``type`` is ``create_or_edit_existing``, ``create`` or ``edit_existing``, which needs the
    ``avatar_id`` of an avatar of this user and is assumed where one is given. With neither, the
    hook ``session_config`` decides.

    For a known user this is one call to Avaturn, one query (two with ``avatar_id``), no write.
    Raises ``PermissionDenied`` where the hook ``may_open_session`` says no,
    ``Avatar.DoesNotExist`` for an avatar that is not the user's, ``ValueError`` for arguments
    that do not fit together, an ``AvaturnError``, or ``AvaturnNotConfigured``.
    """
    hooks = get_hooks()
    if not hooks.may_open_session(user):
        raise PermissionDenied("This user may not open the avatar editor.")
    if avatar_id and not Avatar.objects.filter(pk=avatar_id, profile__user=user.pk).exists():
        raise Avatar.DoesNotExist("The user has no such avatar.")
    if type or avatar_id:
        config = SessionConfig(type=type or "edit_existing", avatar_id=avatar_id)
    else:
        config = hooks.session_config(user)
    profile = get_profile(user)
    return get_client().create_session(profile.avaturn_id or "", config)


aopen_session = sync_to_async(open_session)
