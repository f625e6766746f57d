"""Does the work that is due, once: the safety net for cron."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ... import jobs
from ...models import Job


class Command(BaseCommand):
    """``manage.py avaturn_process``: exit code 1 if anything has failed for good."""

    help = "Does whatever work for Avaturn is due, once. Run it from cron every few minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--retry-failed`` gives failed rows another round of tries."""
        parser.add_argument(
            "--retry-failed",
            action="store_true",
            help="Also try what has failed for good, or is not due yet.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each kind of work."""
        failed = 0
        for model in jobs.HANDLERS:
            if options["retry_failed"]:
                jobs.revive(model._default_manager.all())
            failed += self._process(model)
        if failed:
            raise CommandError(
                f"{failed} failed for good. Their errors are in the admin under Avaturn; once "
                "the cause is gone, run 'manage.py avaturn_process --retry-failed'."
            )

    def _process(self, model: type[Job]) -> int:
        tried: list[Job] = []
        jobs.run_due(model, on_result=tried.append)
        done = sum(row.state == Job.State.READY for row in tried)
        rows = model._default_manager
        waiting = rows.filter(state=Job.State.PENDING)
        due = waiting.filter(due_at__lte=timezone.now()).count()
        failed = rows.filter(state=Job.State.FAILED).count()
        name = model._meta.verbose_name_plural
        self.stdout.write(
            f"{name}: {done} done, {len(tried) - done} to be tried again, {due} due, "
            f"{waiting.count() - due} waiting, {failed} failed for good"
        )
        return failed
