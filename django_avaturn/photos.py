"""What ``{% avaturn_photo_form %}`` shows: three places for photos, and what its script says."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .conf import settings
from .guests import may_have_avatars
from .models import Avatar
from .services import photos

if TYPE_CHECKING:
    from django.http import HttpRequest


def photos_context(request: HttpRequest | None, next_url: str) -> dict[str, Any]:
    """The form, or why there is none; no query.

    Raises ``ImproperlyConfigured`` without Pillow.
    """
    if not photos.available():
        raise ImproperlyConfigured(photos.NO_PILLOW)
    if settings.free_plan:
        return {"unavailable": True}
    if request is not None and not may_have_avatars(request):
        return {"login_url": redirect_to_login(request.get_full_path()).url}
    return {
        "uid": secrets.token_hex(3),  # tells two forms on a page apart
        "slots": _slots(),
        "bodies": Avatar.Gender.choices,
        "accept": ",".join(photos.TYPES),
        "next_url": next_url if _is_here(next_url, request) else "",
        "texts": json.dumps(_texts()),
    }


def _is_here(url: str, request: HttpRequest | None) -> bool:
    """Whether the address is on this site; it may come from a query string."""
    hosts = {request.get_host()} if request else None
    return url_has_allowed_host_and_scheme(url, hosts, bool(request and request.is_secure()))


def _slots() -> list[dict[str, str]]:
    """The three photos in the order of Avaturn's own scanner."""
    return [
        {
            "part": "image-frontal",
            "view": "front",
            "title": _("Front"),
            "hint": _("Look straight into the camera."),
            "pose": _("Look straight into the camera, and fit your face into the outline."),
        },
        {
            "part": "image-side-1",
            "view": "left",
            "title": _("Left side"),
            "hint": _("Turn your left ear to the camera."),
            "pose": _("Turn your head until your left ear is towards the camera."),
        },
        {
            "part": "image-side-2",
            "view": "right",
            "title": _("Right side"),
            "hint": _("Turn your right ear to the camera."),
            "pose": _("Turn your head until your right ear is towards the camera."),
        },
    ]


def _texts() -> dict[str, str]:
    """What the script says, by state or by the ``code`` of an error."""
    again = _("Try again.")
    return {
        "choose": _("Choose a file"),
        "replace": _("Replace"),
        "take": _("Take a picture"),
        "retake": _("Take again"),
        "missing": _("Add this photo."),
        "reading": _("Reading the photo…"),
        "unreadable": _(
            "Your browser cannot read this as a photo. Use a JPEG, PNG or WebP file; a photo of "
            "the kind HEIC can be exported as JPEG."
        ),
        "tiny": _("This photo is too small. Use one with at least 1000 pixels on each side."),
        "small": _("This photo is small, so the avatar may lack detail. A larger one is better."),
        "body-type": _("Choose a body."),
        "consent": _("Agree to this before you send your photos."),
        "camera": _("The camera cannot be used. Allow it in your browser, or choose a file."),
        "preparing": _("Preparing your photos…"),
        "uploading": _("Sending your photos…"),
        "handing-over": _("Handing your photos over to Avaturn…"),
        "processing": _("Avaturn is making your avatar."),
        "wait": _("This takes some minutes. You can leave this page: the avatar is kept for you."),
        "ready": _("Your avatar is ready."),
        "made": _("Now choose hair and clothes, and save it."),
        "invalid": _("Something is not right yet. Look at what is marked."),
        "cancelled": _("Nothing was sent."),
        "broken": _("Avaturn could not make an avatar from these photos."),
        "better": _("Take them in even light, with your whole head in the picture, and try again."),
        "network": _("The site cannot be reached. Check your connection, then try again."),
        "not_authenticated": _("Log in to make your avatar, then reload this page."),
        "permission_denied": _("You may not make avatars.")
        + " "
        + _("If you have just logged in or out, reload the page."),
        "consent_required": _("This site's consent text has changed. Reload the page to read it."),
        "not_found": _("This avatar does not exist any more.") + " " + again,
        "too_large": _(
            "Your photos are larger than this site takes. Use smaller ones, or tell the site's "
            "operators to raise the upload limit of their web server."
        ),
        "throttled": _("You have sent photos many times. Wait a while, then try again."),
        "unavailable": _("Something went wrong on this site.") + " " + again,
    }
