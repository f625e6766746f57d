"""``{% load avaturn %}``: the tags of this app. Rendering never asks Avaturn."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.middleware.csrf import get_token
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ..checks import SDK_FILE
from ..client.types import SESSION_TYPES
from ..conf import settings
from ..gallery import gallery_context
from ..guests import owner_of
from ..models import Avatar
from ..photos import photos_context
from ..portrait import portrait_context
from ..viewer import viewer_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

register = template.Library()

TIME_LIMIT = 25
"""Seconds the editor may take to open before the page offers Retry."""


@register.inclusion_tag("django_avaturn/editor.html", takes_context=True)
def avaturn_editor(
    context: Context,
    *,
    type: str = "",
    avatar: Avatar | str | None = None,
    dialog: bool = False,
    label: str = "",
    timeout: int = TIME_LIMIT,
    start_over: bool = False,
    default_assets: Iterable[object] | str | None = None,
    override_saved: bool = False,
    disable_ui: bool = False,
    nonce: object = "",
    **attributes: str,
) -> dict[str, Any]:
    """The avatar editor: ``{% avaturn_editor %}``.

    ``type`` is ``create_or_edit_existing``, ``create`` or ``edit_existing``, which is assumed
    with an ``avatar`` (a row or an id). Without ``dialog`` the editor opens by itself when it
    comes into view; with it, a button that carries the ``label`` opens it in a dialog.
    ``timeout`` is in seconds, ``class`` is added to the element's classes. No query.

    ``start_over`` begins from scratch, with a new remote user. ``default_assets`` are ids, as a
    list or as text with commas or spaces, that a new avatar wears at first, and with
    ``override_saved`` one that is edited again, too. ``disable_ui`` leaves the figure alone in the
    frame, for a page that has controls of its own: see the element's ``sdk`` and ``save()``. On
    Avaturn's plan without API the editor knows neither, and keeps its own controls.

    ``nonce`` is that of the page's Content-Security-Policy. With it an inline script asks for the
    session while the page is still loading, wherever on the page the editor is, but for one that
    would start over: see :doc:`/how-to/csp`.
    """
    _known(
        "avaturn_editor",
        attributes,
        "type, avatar, dialog, label, timeout, start_over, default_assets, override_saved, "
        "disable_ui, nonce",
    )
    _check_type(type, avatar, start_over)
    type = type or ("edit_existing" if avatar else "")
    avatar_id = getattr(avatar, "pk", avatar) or ""
    start_over = start_over or (settings.ALWAYS_START_OVER and not avatar)
    nonce = str(nonce)  # a lazy one is false until it is written
    return {
        "type": type,
        "avatar_id": avatar_id,
        "dialog": dialog,
        "label": label or _("Edit avatar"),
        "timeout": str(timeout),  # a number would be written the local way
        "css_class": attributes.get("class", ""),
        "sessions_url": _reverse("avaturn:session-list"),
        "start_over": start_over,
        "default_assets": _asset_ids(default_assets, override_saved),
        "override_saved": override_saved,
        "disable_ui": disable_ui and not settings.free_plan,  # or nobody could press Next
        "sdk_url": settings.SDK_URL or static(SDK_FILE),
        # The page sends models only where the server cannot fetch them. As text: see above.
        "upload": str(settings.MAX_MODEL_BYTES) if settings.free_plan else "",
        "messages": json.dumps(_messages()),
        # Who has agreed already is known to the server alone: the page is the same for all.
        "consent_version": settings.CONSENT_VERSION,
        "free_plan": settings.free_plan,
        "uid": secrets.token_hex(3),  # tells two editors on a page apart
        "nonce": nonce,
        # What is to be deleted is deleted for somebody who sees the editor.
        "early_body": "" if dialog or start_over or not nonce else _early(type, avatar_id),
        **_files(context),
    }


@register.inclusion_tag("django_avaturn/portrait.html", takes_context=True)
def avaturn_portrait(
    context: Context, user: AbstractBaseUser, *, size: int = 96, **attributes: str
) -> dict[str, Any]:
    """The portrait of a user's active avatar: ``{% avaturn_portrait user size=48 %}``.

    ``size`` is in CSS pixels, ``class`` is added to the element's classes. Initials stand in
    where there is no picture, or none that the page's own user may see (hook ``may_view``).
    Two queries, or none with ``prefetch_related("avaturn_profile__active_avatar__files")``.
    """
    _known("avaturn_portrait", attributes, "size")
    shown = portrait_context(user, owner_of(context.get("request")))
    css_class = attributes.get("class", "")
    return {**_files(context), **shown, "size": str(size), "css_class": css_class}


@register.inclusion_tag("django_avaturn/viewer.html", takes_context=True)
def avaturn_viewer(
    context: Context,
    avatar: Avatar | AbstractBaseUser | None,
    *,
    reveal: str = "visible",
    **attributes: str,
) -> dict[str, Any]:
    """An avatar, or the active one of a user, to turn around in 3D: ``{% avaturn_viewer user %}``.

    The portrait comes first; 3D is loaded when the viewer comes into view (``reveal="visible"``)
    or on a click (``reveal="click"``). ``class`` is added to the element's classes. Shows nothing
    of an avatar that the page's user may not see (hook ``may_view``). One query for the files,
    or none where they have been fetched with the avatar; one more for a user's active avatar.
    """
    _known("avaturn_viewer", attributes, "reveal")
    if reveal not in ("visible", "click"):
        raise template.TemplateSyntaxError("avaturn_viewer: reveal must be 'visible' or 'click'.")
    return {
        **_files(context),
        **viewer_of(avatar, context.get("request"), reveal=reveal),
        "css_class": attributes.get("class", ""),
    }


@register.inclusion_tag("django_avaturn/gallery.html", takes_context=True)
def avaturn_gallery(context: Context) -> dict[str, Any]:
    """The avatars of the page's user: ``{% avaturn_gallery %}``. See also ``avaturn:gallery``."""
    return {**_files(context), **gallery_context(context)}


@register.inclusion_tag("django_avaturn/photo_form.html", takes_context=True)
def avaturn_photo_form(context: Context, *, next: str = "", **attributes: str) -> dict[str, Any]:
    """A form that makes an avatar from three photos: ``{% avaturn_photo_form %}``.

    When the avatar is ready, the form offers it in the editor, or goes to ``next``, an address on
    this site. ``class`` is added to the element's classes. No query but for who is logged in.
    """
    _known("avaturn_photo_form", attributes, "next")
    editor = avaturn_editor(context, dialog=True, label=_("Open in the editor"))
    form = photos_context(context.get("request"), next)
    # Its script names the avatar.
    return {**editor, "type": "edit_existing", **form, "css_class": attributes.get("class", "")}


def _check_type(type: str, avatar: object, start_over: bool) -> None:
    if type and type not in SESSION_TYPES:
        raise template.TemplateSyntaxError(
            f"avaturn_editor: type must be one of {', '.join(SESSION_TYPES)}, not {type!r}."
        )
    if type and (type == "edit_existing") != bool(avatar):
        raise template.TemplateSyntaxError(
            "avaturn_editor: an avatar is edited with type='edit_existing' or with no type at all, "
            "and that type needs an avatar."
        )
    if start_over and avatar:
        raise template.TemplateSyntaxError(
            "avaturn_editor: start_over gives up the avatars made before, so there is none to "
            "edit. Leave out either start_over or avatar."
        )


def _early(type: str, avatar_id: object) -> str:
    """What the element would send when it opens for the first time."""
    body = {"type": type, "avatar_id": str(avatar_id)}
    return json.dumps({name: value for name, value in body.items() if value})


def _asset_ids(given: Iterable[object] | str | None, override_saved: bool) -> str:
    """The ids with a space between two of them."""
    if given is None and override_saved:
        raise template.TemplateSyntaxError("avaturn_editor: override_saved needs default_assets.")
    ids = given.replace(",", " ").split() if isinstance(given, str) else given or ()
    if not isinstance(ids, Iterable):
        raise template.TemplateSyntaxError(
            "avaturn_editor: default_assets must be a list of asset ids, or text with commas."
        )
    return " ".join(map(str, ids))


def _known(tag: str, attributes: dict[str, str], others: str) -> None:
    unknown = attributes.keys() - {"class"}
    if unknown:
        raise template.TemplateSyntaxError(
            f"{tag} does not know {', '.join(sorted(unknown))!r}. It takes {others} and class."
        )


def _files(context: Context) -> dict[str, Any]:
    """What the script needs that follows the user's files."""
    return {
        "avatars_url": _reverse("avaturn:avatar-list"),
        "profile_url": _reverse("avaturn:profile-detail"),
        "pending": "",
        **_csrf(context),
    }


def _reverse(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        raise ImproperlyConfigured(
            "The URLs of django_avaturn are not included. Add "
            "path('avatar/', include('django_avaturn.urls')) to the site's URLconf."
        ) from None


def _csrf(context: Context) -> dict[str, str]:
    """Where the page's script finds the CSRF token: in the cookie, where scripts may read it."""
    request = context.get("request")
    token = get_token(request) if request else ""  # also makes sure that there is a cookie
    hidden = django_settings.CSRF_USE_SESSIONS or django_settings.CSRF_COOKIE_HTTPONLY
    return {
        "csrf_cookie": django_settings.CSRF_COOKIE_NAME,
        "csrf_header": django_settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-"),
        "csrf_value": token if hidden else "",  # Django overwrites "csrf_token"
    }


def _messages() -> dict[str, str]:
    """What the script says, by state or by the ``code`` of an error."""
    return {
        "opening": _("Opening the editor…"),
        "ready": _("The avatar editor is open."),
        "consent": _("Before the editor opens, read what happens with your photos, and agree."),
        "saving": _("Saving your avatar…"),
        "saved": _("Your avatar is saved."),
        "sending": _("Saving your avatar… {}%"),
        "later": _("Your avatar is saved. Its model is still on the way."),
        "frame": _("Avatar editor"),
        "failed": _("The editor could not be opened.") + " " + _("Try again."),
        "timeout": _("The editor did not answer in time.") + " " + _("Try again."),
        "sdk": _("A part of the editor could not be loaded.") + " " + _("Reload the page."),
        "blocked": _("This site's security policy blocks the editor. Tell the site's operators."),
        "network": _("The site cannot be reached. Check your connection, then try again."),
        "expired": _("The editor's link has run out.") + " " + _("Try again."),
        "unsaved": _("Your avatar is made, but not saved here yet."),
        "not_authenticated": _("Log in to make your avatar, then reload this page."),
        "permission_denied": _("You may not open the avatar editor.")
        + " "
        + _("If you have just logged in or out, reload the page."),
        "consent_required": _("This site's consent text has changed. Reload the page to read it."),
        "not_found": _("This avatar does not exist any more. Reload the page."),
        "throttled": _("You have opened the editor many times. Wait a while, then try again."),
        "needs_api": _("This avatar belongs to an account at Avaturn. Make a new one here."),
        "too_large": _("Its model is larger than this site takes. Tell the site's operators."),
        "file_refused": _("Its model is damaged or of another kind. Export the avatar again."),
        "unavailable": _("Something went wrong on this site.") + " " + _("Try again."),
    }
