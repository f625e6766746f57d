"""Who may see whose avatar: owners their own, others where the site's hook says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conf import settings
from .hooks import get_hooks
from .models import Avatar
from .models.owners import ownership

if TYPE_CHECKING:
    from .models.owners import Viewer


def may_see(viewer: Viewer, avatar: Avatar) -> bool:
    """Whether ``viewer``, a user, a visitor, an ``AnonymousUser`` or None, may see this avatar.

    Costs no query where the avatar's ``profile`` has been fetched along.
    """
    own = avatar.profile.belongs_to(viewer)
    return own or bool(viewer is not None and get_hooks().may_view(viewer, avatar))


def is_self(viewer: Viewer, subject: Viewer) -> bool:
    """Whether a page shows its reader: the same user or visitor, or who may yet become one."""
    fields = ownership(subject)
    if fields is not None:
        return fields == ownership(viewer)
    nobody = all(getattr(one, "is_anonymous", False) for one in (viewer, subject))
    return nobody and settings.ALLOW_GUESTS
