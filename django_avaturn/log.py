"""What the log says: one table of events, so that level, text and fields stand in one place.

Each area has a logger of its own below ``django_avaturn``. A record carries the name of its event
as ``record.event`` and its fields as attributes of the same names, for formatters that write JSON.
Fields are ids, numbers and words of ours: no name, no face, no token, no link.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of line. ``text`` is in the style of ``%``, with the names of the fields."""

    area: str
    name: str
    level: int
    text: str

    def log(self, *, error: BaseException | None = None, **fields: object) -> None:
        """Say it; with ``error`` its traceback follows."""
        logger = logging.getLogger(f"django_avaturn.{self.area}")
        extra = {"event": self.name, **fields}
        args = [fields] if fields else []  # an empty dict would not be taken for fields
        logger.log(self.level, self.text, *args, extra=extra, exc_info=error, stacklevel=2)


DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

CALL = Event(
    "client", "call", DEBUG, "%(method)s %(path)s: status %(status)s after %(seconds).3f s"
)
CALL_REJECTED = Event("client", "call_rejected", INFO, "%(reason)s")
CALL_FAILED = Event("client", "call_failed", WARNING, "%(reason)s")

AVATURN_DOWN = Event(
    "services",
    "avaturn_down",
    WARNING,
    "Avaturn does not answer. Until it does, all calls but one in %(pause)s seconds fail at once.",
)
AVATURN_BACK = Event("services", "avaturn_back", INFO, "Avaturn answers again.")
CACHE_DOWN = Event(
    "services",
    "cache_down",
    WARNING,
    "Django's cache fails (%(reason)s), so outages of Avaturn are not noticed.",
)

PROFILE_LINKED = Event(
    "services", "profile_linked", INFO, "Profile %(profile_id)s has a user at Avaturn now."
)
STARTED_OVER = Event(
    "services", "started_over", INFO, "Profile %(profile_id)s has a new user at Avaturn."
)
ERASED = Event("services", "erased", INFO, "Profile %(profile_id)s is erased, with all avatars.")
RELINKED = Event(
    "services",
    "relinked",
    WARNING,
    "Profile %(profile_id)s lost its user at Avaturn; the next session makes a new one.",
)
NOBODY_KNOWN = Event(
    "services",
    "nobody_known",
    ERROR,
    "Avaturn does not know the user of profile %(profile_id)s, nor any other of this database. If "
    "API_TOKEN is right, open the editor with start_over, or run 'manage.py avaturn_sync --relink "
    "--forget-unknown'.",
)
SYNC_BROKE = Event("services", "sync_broke", ERROR, "Profile %(profile_id)s could not be synced.")
CONSENT_GIVEN = Event(
    "services", "consent_given", INFO, "User %(user_id)s agreed to version %(version)s of the text."
)
SESSION_OPENED = Event(
    "services", "session_opened", INFO, "User %(user_id)s opened the editor (%(type)s)."
)
AVATAR_EXPORTED = Event(
    "services", "avatar_exported", INFO, "Avatar %(avatar_id)s was saved by user %(user_id)s."
)
PHOTOS_SENT = Event(
    "services", "photos_sent", INFO, "Photos of avatar %(avatar_id)s were handed to Avaturn."
)
AVATAR_READY = Event("services", "avatar_ready", INFO, "Avatar %(avatar_id)s is ready.")
AVATARS_GONE = Event(
    "services",
    "avatars_gone",
    WARNING,
    "Avaturn no longer lists %(count)s avatars of profile %(profile_id)s.",
)
AVATAR_CUSTOMIZED = Event(
    "services", "avatar_customized", INFO, "Avatar %(avatar_id)s was given a new look."
)
AVATAR_DELETED = Event("services", "avatar_deleted", INFO, "Avatar %(avatar_id)s is deleted.")
FILE_STORED = Event(
    "services", "file_stored", INFO, "A %(kind)s of avatar %(avatar_id)s is stored: %(size)s bytes."
)
FOLLOW_FAILED = Event(
    "services", "follow_failed", WARNING, "Avatar %(avatar_id)s could not be followed: %(reason)s"
)
VISITOR_CLAIMED = Event(
    "services",
    "visitor_claimed",
    INFO,
    "User %(user_id)s has what a visitor made: %(count)s avatars.",
)
VISITORS_FORGOTTEN = Event(
    "services", "visitors_forgotten", INFO, "%(count)s visitors are forgotten."
)

JOB_DONE = Event("jobs", "job_done", INFO, "%(kind)s %(row_id)s: done at try %(attempt)s.")
JOB_FAILED = Event(
    "jobs", "job_failed", WARNING, "%(kind)s %(row_id)s, try %(attempt)s: %(reason)s"
)
JOB_GIVEN_UP = Event(
    "jobs",
    "job_given_up",
    ERROR,
    "%(kind)s %(row_id)s is not tried any more after try %(attempt)s: %(reason)s",
)
JOB_BROKE = Event("jobs", "job_broke", ERROR, "%(kind)s %(row_id)s, try %(attempt)s: %(reason)s")

WEBHOOK_RECEIVED = Event(
    "webhooks",
    "webhook_received",
    INFO,
    "Webhook event %(row_id)s was received for avatar %(avatar_id)s.",
)
WEBHOOK_REPEATED = Event("webhooks", "webhook_repeated", INFO, "A webhook was sent once more.")
WEBHOOK_REFUSED = Event(
    "webhooks", "webhook_refused", WARNING, "A webhook was refused with status %(status)s."
)

NOT_QUEUED = Event(
    "tasks",
    "not_queued",
    ERROR,
    "%(kind)s %(row_id)s was not queued (%(reason)s); avaturn_process will do it.",
)

EVENTS = tuple(value for value in dict(globals()).values() if isinstance(value, Event))
"""All of them, in the order of the table."""
