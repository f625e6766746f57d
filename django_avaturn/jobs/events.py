"""What each webhook event sets going. It is a hint: the API has the last word."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..models import Avatar, AvatarFile, AvaturnProfile, WebhookEvent
from ..services import sync_profile
from . import files
from .deletions import call_seconds
from .engine import Handler

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between looks for an order whose answer is still on its way to another process."""

NOT_OURS = "The site has no such avatar, or is not waiting for this."


def process(row: WebhookEvent, url: str = "") -> None:
    """Do what an event asks for, and settle its row. ``url`` is the link it brought, if any."""
    act = ACTIONS.get(row.event)
    note = act(row, url) if act else "Unknown event."
    row.finish(processed_at=timezone.now(), **({"error": note} if note else {}))


def dismiss(rows: Sequence[WebhookEvent]) -> list[WebhookEvent]:
    """Settle those of these exports that nobody waits for, in two queries; returns the others.

    The rows must be claimed.
    """
    pending = AvatarFile.objects.filter(state=AvatarFile.State.PENDING)
    awaited = pending.filter(avatar__in={row.avatar_id for row in rows if row.avatar_id})
    avatars = set(awaited.values_list("avatar", flat=True))
    idle = [row for row in rows if row.avatar_id not in avatars]
    settled = WebhookEvent.finish_all(idle, processed_at=timezone.now(), error=NOT_OURS)
    return [row for row in rows if row.avatar_id in avatars] if settled else list(rows)


def avatar_ready(row: WebhookEvent, url: str) -> str:
    """Ask for the user's list; it tells what is ready."""
    user = row.payload.get("user_id")
    profile = _profile(user, row.avatar_id) if user or row.avatar_id else None
    if profile is None:
        return NOT_OURS
    sync_profile(profile)
    return ""


def export_ready(row: WebhookEvent, url: str) -> str:
    """Fetch the model that somebody waits for. The link comes from the API."""
    file = _waiting(row).filter(kind=AvatarFile.Kind.MODEL).first()
    if file is None:
        return NOT_OURS
    file.amend(due_at=timezone.now())  # which starts its task, unless it is under way
    return ""


def render_ready(row: WebhookEvent, url: str) -> str:
    """Fetch the picture at once, since no other way leads to its link."""
    file = _ordered(row)
    status = row.payload.get("status")
    if file is None:
        return NOT_OURS
    if status == "failed" or url:
        files.take_render(file, url)
    else:  # processed again, and the link is gone: order another picture, of so many at the most
        file.amend(render_id=None, due_at=timezone.now())
    return ""


ACTIONS = {
    "avatar.ready": avatar_ready,
    "export.ready": export_ready,
    "render.ready": render_ready,
}


def _profile(user: object, avatar_id: Any) -> AvaturnProfile | None:
    """Whose avatar it is; a former remote user is known by its avatars only."""
    profiles = AvaturnProfile.objects.all()
    if not user:
        return profiles.filter(avatars=avatar_id).first()
    current = profiles.filter(avaturn_id=user).values("pk")
    former = Avatar.objects.filter(pk=avatar_id, avaturn_id=user).values("profile")
    return profiles.filter(pk=Coalesce(Subquery(current), Subquery(former))).first()


def _waiting(row: WebhookEvent) -> QuerySet[AvatarFile]:
    user = row.payload.get("user_id")
    told = {"avatar__avaturn_id": user} if user else {}
    pending = AvatarFile.State.PENDING
    return AvatarFile.objects.filter(avatar=row.avatar_id, state=pending, **told)


def _ordered(row: WebhookEvent) -> AvatarFile | None:
    """The portrait that was ordered under this id.

    The webhook may be quicker than the answer to the order: then it waits a little for that.
    """
    portraits = _waiting(row).filter(kind=AvatarFile.Kind.PORTRAIT)
    told = row.payload.get("id")
    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        found = list(portraits.all())  # a queryset remembers what it found
        ordered = [file for file in found if file.render_id and str(file.render_id) == told]
        being_ordered = [file for file in found if file.claimed_until]
        if ordered or not being_ordered:
            return ordered[0] if ordered else None
    return None


HANDLER = Handler(work=process, seconds=call_seconds, max_attempts=8)
