"""What ``{% avaturn_gallery %}`` shows: the avatars of the page's user, as cards."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .conf import settings
from .guests import may_have_avatars, owner_of
from .models import Avatar, AvatarFile

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.template import Context

    from .models.owners import Viewer

PER_PAGE = 24

STATES = {
    "gone": (_("Gone from Avaturn"), _("Avaturn no longer has this avatar.")),
    "failed": (
        _("Failed"),
        _("Avaturn could not make this avatar. Delete it, and try again with other photos."),
    ),
    "waiting": (_("Waiting for photos"), _("Its photos have not arrived yet.")),
    "processing": (_("Processing"), _("Avaturn is still making this avatar.")),
    "missing": (_("No model yet"), _("Its model has not been fetched yet.")),
    "coming": (_("On its way"), _("Its model is on its way.")),
    "renewing": (_("Update on its way"), _("A newer version is on its way.")),
    "lost": (_("Not fetched"), _("Its model could not be fetched.")),
    "outdated": (
        _("Not up to date"),
        _("Its newest version could not be fetched. This is the one before."),
    ),
    "ready": ("", ""),
}
"""State of a card: what the badge says, and the sentence below."""

UNFINISHED: dict[str, str] = {
    Avatar.Status.PENDING: "waiting",
    Avatar.Status.FAILED: "failed",
}
"""By Avaturn's status. Others may turn up."""

RESEND = _("Its model did not arrive. Save the avatar once more in the editor.")
STILL = _("This site wants avatars with an animated face (T2), and this one is still.")


class Card:
    """One avatar as the gallery shows it, and what its owner can do with it.

    Costs no query where ``profile`` and ``files`` have been fetched with the avatar.
    """

    def __init__(self, avatar: Avatar) -> None:
        self.avatar = avatar

    @cached_property
    def model(self) -> AvatarFile | None:
        """The row of its GLB file."""
        return self.avatar.model

    @cached_property
    def portrait(self) -> AvatarFile | None:
        """The row of its picture."""
        return self.avatar.portrait

    @cached_property
    def state(self) -> str:
        """A key of ``STATES``."""
        if self.avatar.gone_at:
            return "gone"
        if self.avatar.status != Avatar.Status.READY:
            return UNFINISHED.get(self.avatar.status, "processing")
        return self._model_state

    @property
    def badge(self) -> str:
        """The state in a word or two."""
        return str(STATES[self.state][0])

    @property
    def note(self) -> str:
        """The state in a sentence."""
        if not self.avatar.confirmed and self.state in ("missing", "lost"):
            return str(RESEND)
        return str(STATES[self.state][1])

    @property
    def face_note(self) -> str:
        """That its face is not of the kind that ``REQUIRE_FACE_ANIMATIONS`` asks for."""
        still = self.avatar.supports_face_animations is False
        return str(STILL) if still and settings.REQUIRE_FACE_ANIMATIONS else ""

    @property
    def is_moving(self) -> bool:
        """Whether somebody is at work on it this very moment."""
        return self.state in ("processing", "coming", "renewing")

    @property
    def short_id(self) -> str:
        """Tells a person's few avatars apart."""
        return self.avatar.pk.hex[-4:]

    @cached_property
    def download_url(self) -> str:
        """Where the model can be downloaded; empty where it cannot."""
        return self.model.url if self.model else ""

    @property
    def download(self) -> AvatarFile | None:
        """The row of the model, where there is a file to download."""
        return self.model if self.download_url else None

    @cached_property
    def picture_url(self) -> str:
        """Where the picture is; empty where there is none to show."""
        return self.portrait.url if self.portrait else ""

    @property
    def picture(self) -> AvatarFile | None:
        """The row of the portrait, where there is a picture to show."""
        return self.portrait if self.picture_url else None

    @property
    def is_coming(self) -> bool:
        """Whether the page has to follow it, until it is made and its files are stored."""
        files = (self.model, self.portrait)
        pending = any(row and row.state == row.State.PENDING for row in files)
        return pending or self.avatar.in_the_making

    @property
    def can_open(self) -> bool:
        """Whether the editor can open it again."""
        ready = self.avatar.status == Avatar.Status.READY and not self.avatar.gone_at
        return ready and self.avatar.confirmed

    @property
    def can_activate(self) -> bool:
        """Whether it can become the one its owner shows: Avaturn or this site has it."""
        return not self.avatar.active and (self.can_open or self._is_stored)

    @property
    def can_fetch(self) -> bool:
        """Whether asking for its model makes sense: none came, and none is on its way."""
        return self.avatar.confirmed and self.state in ("missing", "lost", "outdated")

    @property
    def can_delete(self) -> bool:
        """Always."""
        return True

    @property
    def _is_stored(self) -> bool:
        """Whether this site has a model, even if no address leads to it."""
        return bool(self.model and self.model.file)

    @property
    def _model_state(self) -> str:
        if self.model is None:
            return "missing"
        if self.model.state == AvatarFile.State.PENDING:
            return "renewing" if self._is_stored else "coming"
        if self.model.state == AvatarFile.State.FAILED:
            return "outdated" if self._is_stored else "lost"
        return "ready"


def own_avatars(owner: Viewer) -> QuerySet[Avatar]:
    """Somebody's avatars with what a ``Card`` needs, newest first. Two queries, however many."""
    return Avatar.objects.of(owner).select_related("profile").prefetch_related("files")


def gallery_context(context: Context) -> dict[str, Any]:
    """One page of cards: three queries, however many avatars; none where nobody is logged in.

    A visitor of ``ALLOW_GUESTS`` has cards like a user; none, and no query, before the first
    avatar. ``?page=`` of the request's address says which page. Raises ``ImproperlyConfigured``
    where the template does not know the request.
    """
    request = context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            "avaturn_gallery needs the request. Render the template with it, and add "
            "'django.template.context_processors.request' to the context processors."
        )
    if not may_have_avatars(request):
        return {"request": request, "login_url": _login_url(request)}
    # The tags inside want the page's own user.
    return {"request": request, "user": getattr(request, "user", None), **_cards(request)}


def _login_url(request: HttpRequest) -> str:
    """Where to log in; from there it is back to this page."""
    return redirect_to_login(request.get_full_path()).url


def _visitor(request: HttpRequest) -> dict[str, Any] | None:
    """What to tell somebody without an account; None to a user."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return None
    return {"login_url": _login_url(request), "days": settings.GUEST_DAYS}


def _cards(request: HttpRequest) -> dict[str, Any]:
    page = Paginator(own_avatars(owner_of(request)), PER_PAGE).get_page(request.GET.get("page"))
    cards = [Card(avatar) for avatar in page]
    return {
        "visitor": _visitor(request),
        "free_plan": settings.free_plan,
        "cards": cards,
        "page": page,
        "pending": " ".join(str(card.avatar.pk) for card in cards if card.is_coming),
        "gallery_url": reverse("avaturn:gallery"),
        "next_url": request.get_full_path(),
        "texts": json.dumps(_texts()),
    }


def _texts() -> dict[str, tuple[str, str, bool]]:
    """What the script says by itself: a sentence, a button, and whether that reloads the page.

    By HTTP status or name. The outcome of an action comes from the view.
    """
    again, reload = gettext("Try again"), gettext("Reload the page")
    return {
        "network": (
            gettext("The site cannot be reached. Check your connection, then try again."),
            again,
            False,
        ),
        "login": (gettext("You are not logged in any more. Log in, then go on."), reload, True),
        "403": (gettext("This page is out of date. Reload it, then try again."), reload, True),
        "404": (gettext("This avatar does not exist any more."), "", False),
        "failed": (gettext("Something went wrong on this site. Try again."), again, False),
    }
