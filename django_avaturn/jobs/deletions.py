"""What has to go, at Avaturn and out of the storage."""

from __future__ import annotations

from contextlib import suppress

from django.utils import timezone

from ..conf import settings
from ..exceptions import AvaturnNotFound, AvaturnOtherProject
from ..models import FileDeletion, RemoteDeletion
from ..models.files import SITE_STORAGE
from ..services import get_client, projects
from ..services.storing import temporary_path
from .engine import Handler

MAX_ATTEMPTS = 15
"""With the delays of the engine, a bit more than a day."""


def call_seconds(calls: int = 1) -> float:
    """How long so many calls to Avaturn take at the most, with all their repeats."""
    return calls * (settings.MAX_RETRIES + 1) * sum(settings.TIMEOUT) + 30


def delete_remotely(row: RemoteDeletion) -> None:
    """Delete an avatar or a user at Avaturn: one call.

    That it is unknown there counts as deleted, unless all others are unknown, too (up to
    ``projects.WITNESSES`` calls more): then it is another project, and the row must wait for the
    right token.
    """
    try:
        _delete(row)
    except AvaturnNotFound:
        if projects.knows_us(besides="" if row.avatar_id else row.avaturn_id) is False:
            raise AvaturnOtherProject from None
    row.finish(done_at=timezone.now())


def forget_remotely(row: RemoteDeletion) -> None:
    """Delete it at Avaturn; what is unknown there counts as deleted in any case."""
    with suppress(AvaturnNotFound):
        _delete(row)
    row.finish(done_at=timezone.now())


def _delete(row: RemoteDeletion) -> None:
    if row.avatar_id:
        get_client().delete_avatar(row.avaturn_id, row.avatar_id)
    else:
        get_client().delete_user(row.avaturn_id)


def delete_stored(row: FileDeletion) -> None:
    """Delete a name from the storage, and what a dead process left of it on this machine."""
    SITE_STORAGE.delete(row.name)
    temporary_path(row.name).unlink(missing_ok=True)
    row.delete()


def remote_seconds() -> float:
    """How long ``delete_remotely`` takes at the most."""
    return call_seconds(1 + projects.WITNESSES)


REMOTE = Handler(work=delete_remotely, seconds=remote_seconds, max_attempts=MAX_ATTEMPTS)
STORED = Handler(work=delete_stored, seconds=lambda: 60.0, max_attempts=MAX_ATTEMPTS)
