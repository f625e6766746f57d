"""What ``{% avaturn_viewer %}`` shows: the picture first, then the model in 3D."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.templatetags.static import static
from django.utils.translation import gettext as _

from .access import is_self, may_see
from .guests import owner_of
from .models import Avatar
from .portrait import active_avatar, subject_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

MODEL_VIEWER = "django_avaturn/vendor/model-viewer.min.js"


def viewer_of(
    subject: Avatar | AbstractBaseUser | None,
    request: HttpRequest | None,
    *,
    reveal: str = "visible",
) -> dict[str, Any]:
    """The viewer of an avatar, or of a user's active one, as the request's user may see it.

    One query for the files, or none where they have been fetched with the avatar; one more for
    the active avatar of a user. An own active avatar is followed when another one becomes it.
    """
    user = owner_of(request)
    avatar, follow = subject, False
    if subject is not None and not isinstance(subject, Avatar):
        whose = subject_of(subject, user)
        avatar, follow = active_avatar(whose), is_self(user, whose)
    context = viewer_context(reveal=reveal) | {"follow": follow}
    if not isinstance(avatar, Avatar) or not may_see(user, avatar):
        return context
    prefetch_related_objects([avatar], "files")
    model, portrait = avatar.model, avatar.portrait
    own = avatar.profile.belongs_to(user)
    picture = portrait.url if portrait else ""
    small = portrait.thumbnail_url if portrait else ""
    coming = [file for file in (model, portrait) if file and file.state == file.State.PENDING]
    return {
        **context,
        **viewer_context(
            model_url=model.url if model else "",
            poster_url=picture,
            poster_srcset=f"{small} 128w, {picture} 512w" if small else "",
            version=model.version if model else "",
            avatar_id=str(avatar.pk),
            reveal=reveal,
        ),
        "pending": str(avatar.pk) if own and (coming or avatar.in_the_making) else "",
    }


def viewer_context(
    *,
    model_url: str = "",
    poster_url: str = "",
    poster_srcset: str = "",
    alt: str = "",
    version: str = "",
    avatar_id: str = "",
    reveal: str = "visible",
    css_class: str = "",
) -> dict[str, Any]:
    """What the template ``django_avaturn/viewer.html`` takes.

    ``model_url`` and ``poster_url`` are addresses of the stored files, ``version`` changes with
    the model, and ``reveal`` is ``visible`` or ``click``.
    """
    return {
        "model_url": model_url,
        "poster_url": poster_url,
        "poster_srcset": poster_srcset,
        "alt": alt or _("3D avatar"),
        "version": version,
        "avatar_id": avatar_id,
        "reveal": reveal,
        "css_class": css_class,
        "model_viewer_url": static(MODEL_VIEWER),
        "texts": json.dumps(_texts()),
    }


def _texts() -> dict[str, str]:
    """What the script says, by state."""
    return {
        "loading": _("Loading the 3D avatar…"),
        "shown": _("The 3D avatar is shown. Arrow keys turn it."),
        "failed": _("The 3D avatar could not be loaded.") + " " + _("Try again."),
        "unsupported": _("Your browser cannot show 3D. You can download the avatar instead."),
        "empty": _("The 3D avatar is not here yet."),
        "show": _("Show in 3D"),
        "retry": _("Retry"),
    }
