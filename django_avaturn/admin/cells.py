"""How single values are shown. Where there is none: a dash, also where Django would say None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.forms.utils import to_current_timezone
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..models import Job

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text


DASH = "-"
LABELS = dict(Job.State.choices)


def state(value: str) -> SafeString:
    """The state of a job; the colour is for those who see it, the word for all."""
    label = LABELS.get(value, value)
    return format_html('<span class="avaturn-state avaturn-{}">{}</span>', value, label)


def reason(error: str) -> str:
    """What went wrong, in a column wide enough to be read."""
    return format_html('<span class="avaturn-error">{}</span>', error) if error else DASH


def due(row: Job) -> str:
    """When the next try is, where there is one."""
    waits = row.state == row.State.PENDING and row.due_at
    return date_format(to_current_timezone(waits), "DATETIME_FORMAT") if waits else DASH


def size(value: int | None) -> str:
    """Bytes, as people read them."""
    return DASH if value is None else filesizeformat(value)


def thumbnail(url: str, alt: Text, side: int = 40) -> str:
    """A small square picture that is fetched when it comes into view."""
    html = (
        '<img class="avaturn-thumbnail" src="{url}" alt="{alt}" width="{side}" height="{side}"'
        ' loading="lazy" decoding="async">'
    )
    return format_html(html, url=url, alt=alt, side=str(side)) if url else DASH
