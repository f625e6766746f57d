"""Who may see whose avatar: owners their own, others where the site's hook says so."""

from __future__ import annotations

from typing import Any

from .hooks import get_hooks
from .models import Avatar


def may_see(viewer: Any, avatar: Avatar) -> bool:
    """Whether ``viewer``, a user, an ``AnonymousUser`` or None, may see this avatar.

    Costs no query where the avatar's ``profile`` has been fetched along.
    """
    return is_own(viewer, avatar.profile.user_id) or bool(
        viewer is not None and get_hooks().may_view(viewer, avatar)
    )


def is_own(viewer: Any, user_id: Any) -> bool:
    """Whether ``viewer`` is the user with this primary key."""
    return viewer is not None and viewer.pk is not None and bool(viewer.pk == user_id)
