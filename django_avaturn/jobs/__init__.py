"""Work that must survive: claim a due row, do it, then finish it or try again later.

Runs as tasks (``django_avaturn.tasks``), and by ``manage.py avaturn_process``.
"""

from ..models import AvatarFile, FileDeletion, RemoteDeletion, WebhookEvent
from . import deletions, events, files
from .engine import HANDLERS, PATIENCE, Handler, delay, next_try, revive, run, run_due
from .status import Report, WorkStatus, report, status_of, work_status

HANDLERS |= {
    WebhookEvent: events.HANDLER,
    AvatarFile: files.HANDLER,
    RemoteDeletion: deletions.REMOTE,
    FileDeletion: deletions.STORED,
}

__all__ = [
    "HANDLERS",
    "PATIENCE",
    "Handler",
    "Report",
    "WorkStatus",
    "delay",
    "next_try",
    "report",
    "revive",
    "run",
    "run_due",
    "status_of",
    "work_status",
]
