"""Who a request comes from: a user, or where the site lets them in, a visitor."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from .conf import settings
from .models import Guest

if TYPE_CHECKING:
    from .models.owners import Viewer

SESSION_KEY = "avaturn_guest"
"""Under which the browser's session keeps the visitor's secret."""


def owner_of(request: Any, *, make: bool = False) -> Viewer:
    """The user who is logged in, else the visitor of ``ALLOW_GUESTS``, else what Django says.

    A visitor is one whose session has a secret; ``make`` gives it one. ``request`` is Django's or
    the REST framework's.
    """
    user: Viewer = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return user
    session = getattr(request, "session", None)
    if session is None or not settings.ALLOW_GUESTS:
        return user
    secret = session.get(SESSION_KEY)
    if make and not isinstance(secret, str):
        secret = session[SESSION_KEY] = secrets.token_urlsafe(32)
    return Guest(secret) if isinstance(secret, str) else user


def may_have_avatars(request: Any) -> bool:
    """Whether whoever asks is somebody who could have avatars: logged in, or let in as visitor."""
    user = getattr(request, "user", None)
    logged_in = user is not None and user.is_authenticated
    return bool(logged_in or (settings.ALLOW_GUESTS and hasattr(request, "session")))
