"""Pages that work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from . import services
from .decorators import allow_popups
from .gallery import Card, own_avatars
from .guests import may_have_avatars, owner_of
from .models import Avatar
from .transactions import outside_transactions


class Action(NamedTuple):
    """What a button of the gallery does, and what is said when it is done."""

    service: Callable[[Avatar], None]
    outcome: Promise | str


ACTIONS = {
    "activate": Action(services.activate_avatar, _("This is your active avatar now.")),
    "fetch": Action(services.request_files, _("The model has been requested.")),
    "delete": Action(services.delete_avatar, _("The avatar is deleted.")),
}
TOO_LATE = _("This is not possible any more. Here is how things stand now.")


# Avaturn may be asked as soon as a row is written: no transaction may be open by then.
@outside_transactions
@csrf_protect
@allow_popups
@login_not_required  # it asks by itself, and lets visitors in where the site does
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache  # faces, and where they are
def gallery(request: HttpRequest) -> HttpResponse:
    """The user's or visitor's own avatars; ``POST {avatar, action, next}`` does something with one.

    ``action`` is ``activate``, ``fetch`` or ``delete``. Answers by a redirect to ``next``, an
    address on this site, with a message; or where JSON is asked for by ``{"detail"}``. Another's
    avatar is a 404, another action a 400.
    """
    if not may_have_avatars(request):
        return redirect_to_login(request.get_full_path())
    if request.method != "POST":
        return render(request, "django_avaturn/gallery_page.html")
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        return HttpResponseBadRequest(f"action must be one of {', '.join(ACTIONS)}.\n")
    try:
        avatar = own_avatars(owner_of(request)).get(pk=request.POST.get("avatar", ""))
        done = _perform(action, avatar)
    except (Avatar.DoesNotExist, ValidationError):
        raise Http404("No such avatar.") from None
    return _answer(request, done, str(ACTIONS[action].outcome if done else TOO_LATE))


def _perform(action: str, avatar: Avatar) -> bool:
    """Do it, unless the avatar has changed since the page was made so that it makes no sense."""
    possible = getattr(Card(avatar), f"can_{action}")
    if possible:
        ACTIONS[action].service(avatar)
    return bool(possible)


def _answer(request: HttpRequest, done: bool, detail: str) -> HttpResponse:
    """For the page's script, or for a browser that has sent the form itself."""
    if _wants_json(request):
        return JsonResponse({"detail": detail}, status=200 if done else 409)
    level = messages.SUCCESS if done else messages.WARNING
    messages.add_message(request, level, detail, fail_silently=True)
    return HttpResponseRedirect(_next_url(request))


def _wants_json(request: HttpRequest) -> bool:
    try:
        kind = request.get_preferred_type(["text/html", "application/json"])
    except (LookupError, ValueError):  # a header that makes no sense
        return False
    return kind == "application/json"


def _next_url(request: HttpRequest) -> str:
    """Where the form was, if that is on this site; the gallery's own page otherwise."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if safe else reverse("avaturn:gallery")
