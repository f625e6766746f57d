"""Portraits for django-avatar: ``{% avatar user %}`` shows them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser

from ..access import may_see
from ..models import Avatar
from ..portrait import active_avatar

SMALL = 128
"""Pixels that the small picture has on each side; see ``services.pictures``."""


class PortraitAvatarProvider:
    """Name it in ``AVATAR_PROVIDERS``, before those that stand in where there is no portrait.

    django-avatar does not tell who looks at the page, and may keep what it is given for others. So
    a portrait is shown only where an anonymous visitor may see it, too (hook ``may_view``).
    """

    @classmethod
    def get_avatar_url(cls, user: Any, width: int, height: int | None = None) -> str | None:
        """The address of the portrait; None where there is none, or none that all may see.

        ``width`` and ``height`` are in pixels, and choose between the two sizes that are stored.
        Two queries, or none for users fetched with
        ``prefetch_related("avaturn_profile__active_avatar__files")``.
        """
        avatar = active_avatar(user)
        portrait = avatar.portrait if avatar and cls.may_show(avatar) else None
        if portrait is None:
            return None
        small = portrait.thumbnail and max(int(width), int(height or width)) <= SMALL
        return (portrait.thumbnail_url if small else portrait.url) or None

    @classmethod
    def may_show(cls, avatar: Avatar) -> bool:
        """Whether everybody may see this avatar. By default the hook ``may_view`` says."""
        return may_see(AnonymousUser(), avatar)
