"""Who may use the REST API."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ..guests import may_have_avatars, owner_of
from ..models import Guest


class MayHaveAvatars(BasePermission):
    """Users that are logged in; with ``ALLOW_GUESTS`` visitors whose session has an avatar's key.

    A view with ``makes_guests`` gives a visitor such a key. Raises ``PermissionDenied`` without a
    CSRF token: the framework itself asks only users for it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether this request may go on."""
        if getattr(request.user, "is_authenticated", False):  # nobody is None on some sites
            return True
        if not may_have_avatars(request):
            return False
        SessionAuthentication().enforce_csrf(request)
        return view.makes_guests or isinstance(owner_of(request), Guest)
