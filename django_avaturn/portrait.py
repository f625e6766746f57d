"""What ``{% avaturn_portrait %}`` shows: the stored picture, or initials drawn here."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from .access import is_self, may_see
from .models import Avatar, AvaturnProfile, Guest

if TYPE_CHECKING:
    from .models.owners import Viewer


def portrait_context(user: Any, viewer: Viewer) -> dict[str, Any]:
    """The portrait of ``user`` as ``viewer`` may see it; of an anonymous one, the visitor's own.

    One query for the profile with its avatar and one for the files; none where ``user`` comes
    with ``prefetch_related("avaturn_profile__active_avatar__files")``. ``user`` may be None.
    """
    user = subject_of(user, viewer)
    own = is_self(viewer, user)
    avatar = active_avatar(user)
    if avatar and not may_see(viewer, avatar):
        avatar = None
    portrait = avatar.portrait if avatar else None
    name = display_name(user)
    return {
        "own": own,
        "url": portrait.url if portrait else "",
        "thumbnail": portrait.thumbnail_url if portrait else "",
        "alt": _("Portrait of %(name)s") % {"name": name} if name else _("Portrait"),
        "initials": initials(name),
        "font_size": "40",
        "hue": str(zlib.crc32(name.encode()) % 360),
        "pending": str(avatar.pk) if own and avatar and _is_coming(avatar) else "",
    }


def subject_of(user: Any, viewer: Viewer) -> Any:
    """Whom a tag is about: a template knows a visitor as its anonymous ``user``."""
    is_visitor = isinstance(viewer, Guest) and getattr(user, "is_anonymous", False)
    return viewer if is_visitor else user


def display_name(user: Any) -> str:
    """The full name where there is one, or what the user logs in with, without a mail domain.

    Nothing for nobody: the author of a page may have been deleted, and a variable that a template
    does not have is an empty text.
    """
    log_in = getattr(user, "get_username", str)
    full = getattr(user, "get_full_name", str)
    return str(full() or str(log_in()).partition("@")[0])


def initials(name: str) -> str:
    """One letter or two: ``Ann Lee`` and ``ann.lee`` give AL."""
    for separator in ("-", "_", "."):
        name = name.replace(separator, " ")
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], *([words[-1][0]] if len(words) > 1 else [])] if words else ["?"]
    return "".join(letters).upper()


def active_avatar(user: Any) -> Avatar | None:
    """With its files and its profile."""
    state = getattr(user, "_state", None)  # AnonymousUser has none
    if state and "avaturn_profile" in state.fields_cache:
        profile = getattr(user, "avaturn_profile", None)
    else:
        rows = AvaturnProfile.objects.select_related("active_avatar")
        profile = rows.of(user).first()
    avatar = profile.active_avatar if profile else None
    if avatar:
        avatar.profile = profile
        prefetch_related_objects([avatar], "files")  # nothing to do where they are there
    return avatar


def _is_coming(avatar: Avatar) -> bool:
    files = (avatar.model, avatar.portrait)
    return any(file and file.state == file.State.PENDING for file in files)
