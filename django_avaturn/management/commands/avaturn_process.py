"""Does the work that is due, once: the safety net for cron."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ... import jobs, services
from ...conf import settings
from ...exceptions import AvaturnError
from ...jobs.deletions import forget_remotely
from ...models import Job, RemoteDeletion, WebhookEvent
from ...services.circuit import insisting
from ..terminal import overwrite

DAYS_OF_EVENTS = 30
"""How long webhook events are kept once they are processed."""
DAYS_OF_PROOF = 90
"""How long is kept what Avaturn has confirmed to have deleted: to answer those who asked for it."""


class Command(BaseCommand):
    """``manage.py avaturn_process``: exit code 1 if anything has failed for good."""

    help = "Does whatever work for Avaturn is due, once. Run it from cron every few minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--retry-failed`` gives failed rows another round; see docs/operations.rst."""
        parser.add_argument(
            "--retry-failed",
            action="store_true",
            help="Also try what has failed for good, or is not due yet.",
        )
        parser.add_argument(
            "--forget-unknown",
            action="store_true",
            help=(
                "Take for deleted whatever Avaturn does not know, even where it knows none of this "
                "database's users: in a copy of a database that has another project's token."
            ),
        )

    @insisting()
    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each kind of work.

        Asks Avaturn even where other processes have found it down: a few times at the most.
        """
        failed = 0
        for model in jobs.HANDLERS:
            if options["retry_failed"]:
                jobs.revive(model.objects.all())
            failed += self._process(model, forget=options["forget_unknown"])
        self._follow()
        self._forget()
        if failed:
            raise CommandError(
                f"{failed} failed for good. Their errors are in the admin under Avaturn; once "
                "the cause is gone, run 'manage.py avaturn_process --retry-failed'."
            )

    def _process(self, model: type[Job], *, forget: bool) -> int:
        tried: list[Job] = []
        progress = partial(self._progress, model, tried)
        work = forget_remotely if forget and model is RemoteDeletion else None
        jobs.run_due(model, work=work, on_result=progress)
        done = sum(row.state == Job.State.READY or row.pk is None for row in tried)
        rows = model.objects
        due = rows.due().count()
        waiting = rows.filter(state=Job.State.PENDING).count() - due
        failed = rows.filter(state=Job.State.FAILED).count()
        overwrite(self.stdout, "")
        self.stdout.write(
            f"{model._meta.verbose_name_plural}: {done} done, {len(tried) - done} to be tried "
            f"again, {due} due, {waiting} waiting, {failed} failed for good"
        )
        return failed

    def _follow(self) -> None:
        """Ask for avatars in the making, whose webhook may never come."""
        try:
            told = f"{services.follow_all() if settings.API_TOKEN else 0} asked for"
        except AvaturnError as error:
            told = f"{error} They are asked for again next time."
        self.stdout.write(f"avatars in the making: {told}")

    def _progress(self, model: type[Job], tried: list[Job], row: Job) -> None:
        tried.append(row)
        overwrite(self.stdout, f"{model._meta.verbose_name_plural}: {len(tried)} tried")

    def _forget(self) -> None:
        """What is done and past is of no more use; visitors stay a while."""
        done = {"state": Job.State.READY}
        now = timezone.now()
        before = now - timedelta(days=DAYS_OF_EVENTS)
        WebhookEvent.objects.filter(**done, received_at__lt=before).delete()
        before = now - timedelta(days=DAYS_OF_PROOF)
        RemoteDeletion.objects.filter(**done, done_at__lt=before).delete()
        self.stdout.write(f"visitors: {services.forget_guests()} forgotten")
