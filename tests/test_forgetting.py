"""What ``avaturn_process`` clears away, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_avaturn.models import RemoteDeletion, WebhookEvent

pytestmark = pytest.mark.django_db


def ago(days: float):
    return timezone.now() - timedelta(days=days)


def deletion(name, *, done=None, **fields):
    """One that was asked for long ago."""
    return RemoteDeletion.objects.create(
        avaturn_id=name, created_at=ago(400), done_at=done, due_at=None, **fields
    )


def test_confirmed_deletions_are_kept_as_a_proof_for_90_days(sandbox):
    deletion("past", state="ready", done=ago(90.1))
    deletion("proof", state="ready", done=ago(89.9))
    call_command("avaturn_process")
    assert [row.avaturn_id for row in RemoteDeletion.objects.all()] == ["proof"]


def test_what_is_not_deleted_at_avaturn_yet_is_never_dropped(sandbox):
    """Nor what was done and has been asked for again."""
    deletion("pending")
    deletion("again", done=ago(300))
    deletion("failed", state="failed")
    with pytest.raises(CommandError, match="failed for good"):
        call_command("avaturn_process")
    assert RemoteDeletion.objects.count() == 3


def test_events_are_kept_for_30_days_once_processed(sandbox):
    for digest, days, state in (("past", 30.1, "ready"), ("new", 29.9, "ready"), ("due", 99, "")):
        event = WebhookEvent.objects.create(
            event="x", digest=digest, state=state or "pending", due_at=None
        )
        WebhookEvent.objects.filter(pk=event.pk).update(received_at=ago(days))
    call_command("avaturn_process")
    assert {event.digest for event in WebhookEvent.objects.all()} == {"new", "due"}
