"""What has to go, at Avaturn and out of the storage."""

from __future__ import annotations

from django.utils import timezone

from ..conf import settings
from ..exceptions import AvaturnNotFound
from ..models import FileDeletion, RemoteDeletion
from ..models.files import SITE_STORAGE
from ..services import get_client
from ..services.storing import temporary_path
from .engine import Handler

MAX_ATTEMPTS = 15
"""With the delays of the engine, a bit more than a day."""


def call_seconds() -> float:
    """How long one call to Avaturn takes at the most, with all its repeats."""
    return (settings.MAX_RETRIES + 1) * sum(settings.TIMEOUT) + 30


def delete_remotely(row: RemoteDeletion) -> None:
    """Delete an avatar or a user at Avaturn."""
    try:
        if row.avatar_id:
            get_client().delete_avatar(row.avaturn_id, row.avatar_id)
        else:
            get_client().delete_user(row.avaturn_id)
    except AvaturnNotFound:
        pass  # gone already, which is what was wanted
    row.finish(done_at=timezone.now())


def delete_stored(row: FileDeletion) -> None:
    """Delete a name from the storage, and what a dead process left of it on this machine."""
    SITE_STORAGE.delete(row.name)
    temporary_path(row.name).unlink(missing_ok=True)
    row.delete()


REMOTE = Handler(work=delete_remotely, seconds=call_seconds, max_attempts=MAX_ATTEMPTS)
STORED = Handler(work=delete_stored, seconds=lambda: 60.0, max_attempts=MAX_ATTEMPTS)
