"""Decisions that a site may take itself. Notifications are in ``signals``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .client import Customization, SessionConfig
from .conf import settings

if TYPE_CHECKING:
    from .models import Avatar
    from .models.owners import Owner, Viewer


class AvaturnHooks:
    """Subclass this, override what you decide otherwise, and name the class in ``HOOKS``.

    A ``user`` is one of the site, or with ``ALLOW_GUESTS`` a visitor (``models.Guest``).
    """

    def may_open_session(self, user: Owner) -> bool:
        """Whether this user may open the editor. By default every active user may."""
        return bool(user.is_active)

    def may_view(self, user: Viewer, avatar: Avatar) -> bool:
        """Whether this user may see this avatar of somebody else. By default nobody may."""
        return False

    def session_config(self, user: Owner) -> SessionConfig:
        """What the editor shows where neither the tag nor the request says so."""
        return SessionConfig()

    def default_customization(self, avatar: Avatar) -> Customization:
        """What an avatar made from photos gets to wear before anybody has opened the editor.

        Avaturn leaves the look of such an avatar undefined until one is written. Ids of assets
        are those of your project, so by default it wears none; bodies go by the avatar's
        ``gender``, as in the sandbox.
        """
        return Customization(body="body_1" if avatar.gender == "female" else "body_0")

    def portrait_scenes(self, avatar: Avatar) -> Sequence[str]:
        """Which pictures Avaturn draws of it; the first is the portrait. None at all: ``()``."""
        return (settings.PORTRAIT_SCENE,)


def portrait_scenes(avatar: Avatar) -> tuple[str, ...]:
    """What the hook of that name says, which may be one name alone."""
    named = get_hooks().portrait_scenes(avatar)
    return (named,) if isinstance(named, str) else tuple(named)


def get_hooks() -> AvaturnHooks:
    """A fresh instance of the class named in ``HOOKS``.

    Raises ``ImproperlyConfigured`` where it cannot be imported or is no ``AvaturnHooks``.
    """
    path = settings.HOOKS
    try:
        hooks = import_string(path)()
    except (ImportError, TypeError) as error:
        raise ImproperlyConfigured(f"AVATURN['HOOKS']: cannot make {path!r}: {error}") from error
    if not isinstance(hooks, AvaturnHooks):
        raise ImproperlyConfigured(
            f"AVATURN['HOOKS']: {path!r} must be a subclass of django_avaturn.hooks.AvaturnHooks."
        )
    return hooks
