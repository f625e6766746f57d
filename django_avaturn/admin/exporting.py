"""Lists as CSV: ids, dates, states and sizes. No names, no e-mail addresses, no links, no secrets.

Rows are read a few hundred at a time, each time by a query of its own: memory does not grow with
their number, and no transaction, cursor or lock is held while a slow reader takes them.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import MirrorAdmin

CHUNK = 500
"""Rows that are in memory at once."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, which could call or send anything."""

Line = Sequence[object]


class ExportingAdmin(MirrorAdmin):
    """Has the action "Export as CSV", for all who may view the rows."""

    sheet: Line = ()
    sheet_lines: Callable[[list[Any]], Iterable[Line]]
    """A method for the lines of a few rows, with a value for each name in ``sheet``."""

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        """Send the chosen rows; the history tells of it in one entry."""
        # As Django's own methods do it: this needs no app to be ready before it is imported.
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.contenttypes.models import ContentType

        number = queryset.count()
        LogEntry.objects.create(
            user_id=request.user.pk,  # type: ignore[misc]
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=f"{number} {self.opts.verbose_name_plural}",
            action_flag=CHANGE,
            change_message="Exported as CSV.",
        )
        name = f"{self.opts.model_name}s"
        return csv_response(request, name, self.sheet, queryset, self.sheet_lines)


def csv_response(
    request: HttpRequest,
    name: str,
    header: Line,
    rows: QuerySet[Any],
    lines: Callable[[list[Any]], Iterable[Line]],
) -> StreamingHttpResponse:
    """A download of ``rows``, by their keys; ``lines`` turns a chunk of them into lines.

    Whoever is deleted or added meanwhile may be in it or not.
    """
    text = _text(header, rows, lines)
    streamed = _awaited(text) if isinstance(request, ASGIRequest) else text
    response = StreamingHttpResponse(streamed, content_type="text/csv; charset=utf-8")
    filename = f"{name}-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def cell(value: object) -> str:
    """As it stands in the file: times in ISO 8601, and nothing that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _text(
    header: Line, rows: QuerySet[Any], lines: Callable[[list[Any]], Iterable[Line]]
) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for chunk in _chunks(rows):
        yield "".join(writer.writerow(map(cell, line)) for line in lines(chunk))


def _chunks(rows: QuerySet[Any]) -> Iterator[list[Model]]:
    rows = rows.order_by("pk")
    chunk = list(rows[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:CHUNK]) if len(chunk) == CHUNK else []


async def _awaited(text: Iterator[str]) -> AsyncIterator[str]:
    """The same for a server that would otherwise take up all of it before it sends the first."""
    following = sync_to_async(lambda: next(text, ""))
    while part := await following():  # no part is empty
        yield part
