"""Who may see whose avatar: owners their own, others where the site's hook says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def is_own(viewer: Viewer, owner: Viewer) -> bool:
    """Whether both are the same user or visitor; nobody is like nobody."""
    fields = ownership(owner)
    return fields is not None and fields == ownership(viewer)
