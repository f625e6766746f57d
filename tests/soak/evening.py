"""After the bad day: Avaturn is well again, hours go by, and cron does its work."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.exceptions import AvaturnNotFound
from django_avaturn.models import AvaturnProfile, Job
from django_avaturn.sandbox import Sandbox
from django_avaturn.services.circuit import insisting

from .operations import deliver

HOURS = 30
"""After so many everything has to be settled."""


def let_an_hour_go_by() -> None:
    """Whatever the dead have claimed, or somebody has put off, is due."""
    past = timezone.now() - timedelta(hours=1)
    for model in jobs.HANDLERS:
        model.objects.exclude(claimed_until=None).update(claimed_until=past)
        model.objects.exclude(due_at=None).update(due_at=past)
    AvaturnProfile.objects.exclude(claimed_until=None).update(claimed_until=past)


def run_cron(*options: str) -> None:
    with suppress(CommandError):  # something has failed for good; who calls looks at the rows
        call_command("avaturn_process", *options, stdout=StringIO())


def settle(sandbox: Sandbox, *options: str) -> None:
    """Let hours go by until nothing is left to do; ``options`` are for the first run of cron."""
    for _ in range(HOURS):
        let_an_hour_go_by()
        run_cron(*options)
        sandbox.deliver_webhooks(deliver)
        for profile in AvaturnProfile.objects.all():
            with insisting(), suppress(AvaturnNotFound):  # a disagreement, and told as one
                services.sync_profile(profile)
        options = ()
        if not is_anything_due():
            return
    raise AssertionError("There is no end to the work.")


def is_anything_due() -> bool:
    waiting = {"state": Job.State.PENDING, "due_at__isnull": False}
    return any(model.objects.filter(**waiting).exists() for model in jobs.HANDLERS)
