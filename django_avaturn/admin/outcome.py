"""What staff are told after they have set work going."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models import AvatarFile, Job

SHOWN = 3
"""How many rows are told of one by one, after their number."""

LEVELS = {
    Job.State.READY: messages.SUCCESS,
    Job.State.PENDING: messages.INFO,
    Job.State.FAILED: messages.ERROR,
}


def tell_of_files(request: HttpRequest, rows: Iterable[AvatarFile]) -> None:
    """For one avatar what became of each file, for several the numbers."""
    files = sorted(rows, key=lambda row: row.pk)
    if len({row.avatar_id for row in files}) > 1:
        ready = sum(row.state == row.State.READY for row in files)
        tell_of_work(request, files, ready, len(files) - ready)
        return
    for row in files:
        name = capfirst(row.get_kind_display())
        messages.add_message(request, LEVELS[Job.State(row.state)], f"{name}: {_outcome(row)}")


def tell_of_work(request: HttpRequest, rows: Iterable[Job], done: int, left: int) -> None:
    """How many rows are done and left, and of some of them the error."""
    text = _("%(done)s done; %(left)s left.") % {"done": done, "left": left}
    messages.add_message(request, messages.WARNING if left else messages.SUCCESS, text)
    for row in [row for row in rows if row.error][:SHOWN]:
        level = messages.WARNING if row.state == row.State.FAILED else messages.INFO
        text = f"{capfirst(str(row))}: {row.get_state_display()}. {row.error}"
        messages.add_message(request, level, text)


def _outcome(row: AvatarFile) -> str:
    state = row.get_state_display()
    if row.state == row.State.READY:
        return f"{state}, {filesizeformat(row.size or 0)}."
    next_step = "" if row.state == row.State.FAILED else _("It comes by itself; look again soon.")
    return f"{state}. {row.error or next_step}"
