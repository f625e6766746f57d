"""How often one user may make the site call Avaturn."""

from __future__ import annotations

from rest_framework.throttling import UserRateThrottle

from ..conf import settings


class SessionThrottle(UserRateThrottle):
    """The rate of ``SESSION_THROTTLE``, counted for each user."""

    scope = "avaturn_session"

    def get_rate(self) -> str | None:
        """The rate in force, read at each request."""
        return settings.SESSION_THROTTLE


class ExportThrottle(SessionThrottle):
    """The same rate, counted apart: an export follows a session."""

    scope = "avaturn_export"


class RenderThrottle(SessionThrottle):
    """The same rate for pictures."""

    scope = "avaturn_render"
