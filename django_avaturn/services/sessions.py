"""Opening the editor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied

from .. import log
from ..client import EditorSession, SessionConfig, SessionType
from ..conf import settings
from ..exceptions import NeedsApi
from ..hooks import get_hooks
from ..models import Avatar
from . import profiles, projects
from .connection import get_client
from .consent import require_consent

if TYPE_CHECKING:
    from ..models.owners import Owner

PROJECT_TYPE: SessionType = "create_or_edit_existing"
"""What the page of a project does: it shows the avatars of the account, or makes the first."""


def open_session(
    user: Owner,
    *,
    type: SessionType | None = None,
    avatar_id: UUID | None = None,
    start_over: bool | None = None,
    consent: str = "",
) -> EditorSession:
    """A short-lived link into the editor, made anew at each call and stored nowhere.

    ``type`` is ``create_or_edit_existing``, ``create`` or ``edit_existing``, which needs the
    ``avatar_id`` of an avatar of this user and is assumed where one is given. With neither, the
    hook ``session_config`` decides. ``start_over`` puts a new remote user in place of the present
    one first, see ``services.start_over``; None leaves that to ``ALWAYS_START_OVER``, and to
    whether an avatar is edited. On Avaturn's plan without API the link is always the project's own
    address, without an id.

    With ``CONSENT_VERSION`` nothing is asked of Avaturn for somebody who has not agreed to that
    version; ``consent`` is the version that the user agrees to right now, see ``record_consent``.

    For a known user this is one call to Avaturn, one query (two with ``CONSENT_VERSION``), no
    write. A user whose remote user is gone from Avaturn gets a new one, unless a certain avatar is
    to be edited. Raises ``PermissionDenied`` where the hook ``may_open_session`` says no,
    ``ConsentRequired``,
    ``Avatar.DoesNotExist`` for an avatar that is not the user's, ``ValueError`` for arguments
    that do not fit together, an ``AvaturnError``, or ``AvaturnNotConfigured``.
    """
    hooks = get_hooks()
    if not hooks.may_open_session(user):
        raise PermissionDenied("This user may not open the avatar editor.")
    if start_over and (avatar_id or type == "edit_existing"):
        raise ValueError("Who starts over has no avatar to edit.")
    if type or avatar_id:
        config = SessionConfig(type=type or "edit_existing", avatar_id=avatar_id)
    else:
        config = hooks.session_config(user)
    require_consent(user, consent)
    owner = _owner(user, config.avatar_id) if config.avatar_id else ""
    if start_over is None:
        start_over = settings.ALWAYS_START_OVER and not config.avatar_id
    if start_over:
        owner = profiles.start_over(user).avaturn_id or ""
    if settings.free_plan:
        return EditorSession(id=None, type=PROJECT_TYPE, url=settings.PROJECT_URL, raw={})
    client = get_client()
    if config.avatar_id:
        session = client.create_session(owner, config)
    else:
        owner = owner or profiles.get_profile(user).avaturn_id or ""
        session = projects.on_behalf_of(user, owner, partial(client.create_session, config=config))
    log.SESSION_OPENED.log(user_id=user.pk, type=session.type)
    return session


aopen_session = sync_to_async(open_session)


def _owner(user: Owner, avatar_id: UUID) -> str:
    """The remote user that an avatar of this user belongs to."""
    owner = Avatar.objects.of(user).filter(pk=avatar_id).values_list("avaturn_id", flat=True)
    found = owner.first()
    if found is None:
        raise Avatar.DoesNotExist("The user has no such avatar.")
    if not found and not settings.free_plan:
        raise NeedsApi("This avatar was made without the API, so only its own account can edit it.")
    return str(found)
