"""Work that must survive: claim a due row, do it, then finish it or try again later.

Runs as tasks (``django_avaturn.tasks``), and by ``manage.py avaturn_process``.
"""

from ..models import AvatarFile, FileDeletion, RemoteDeletion, WebhookEvent
from . import deletions, events, files
from .engine import HANDLERS, PATIENCE, Handler, delay, revive, run, run_due
from .status import WorkStatus, work_status

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
    "WorkStatus",
    "delay",
    "revive",
    "run",
    "run_due",
    "work_status",
]
