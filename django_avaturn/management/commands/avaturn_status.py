"""Tells how much work there is: for people, and as JSON for monitoring."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...jobs import Report, report

COLUMNS = ("due", "waiting", "running", "failed")


class Command(BaseCommand):
    """``manage.py avaturn_status``: exit code 1 where something needs attention."""

    help = (
        "Shows what work for Avaturn is due, waiting, running and failed. Exits with 1 if "
        "anything has failed for good, or has been due for more than an hour, or if Avaturn does "
        "not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """``--json`` is for machines."""
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each kind of work; nothing is changed, and Avaturn is not asked."""
        found = report()
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else as_text(found))
        if not found.is_healthy:
            raise SystemExit(1)


def as_text(found: Report) -> str:
    """A table, and what to do where something is wrong."""
    head = f"{'':<16}" + "".join(f"{column:>9}" for column in COLUMNS) + "  oldest"
    rows = [
        f"{work.kind:<16}"
        + "".join(f"{getattr(work, column):>9}" for column in COLUMNS)
        + f"  {_duration(work.oldest)}"
        for work in found.work
    ]
    return "\n".join([head, *rows, *_advice(found)])


def _advice(found: Report) -> list[str]:
    advice = []
    if found.down_for is not None:
        advice.append(
            f"Avaturn has not answered for {_duration(found.down_for) or 'a moment'}. What fails "
            "meanwhile stays due and is done by avaturn_process once it answers again."
        )
    if any(work.failed for work in found.work):
        advice.append(
            "What has failed is in the admin under Avaturn, each with its reason. Once the cause "
            "is gone: manage.py avaturn_process --retry-failed."
        )
    if any(not work.failed and not work.is_healthy for work in found.work):
        advice.append(
            "Work has been due for more than an hour: is avaturn_process run from cron, and can "
            "Avaturn be reached?"
        )
    return advice


def _duration(seconds: float) -> str:
    minutes = int(seconds) // 60
    if minutes < 1:
        return "" if seconds <= 0 else "under a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
