"""The jobs as tasks: of Django 6, or of its backport ``django-tasks`` (the extra ``tasks``).

Where neither is there, or the site has not chosen a backend, the work is done at once, after the
commit. Whatever a queue loses is still due for ``manage.py avaturn_process``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any
from weakref import WeakValueDictionary

from django.apps import apps
from django.db import router, transaction

from . import jobs, log
from .conf import settings
from .models import Job


def _framework() -> Any:
    for name in ("django.tasks", "django_tasks"):
        with suppress(ImportError):
            return import_module(name)
    return None


framework = _framework()

_transactions = threading.local()


class Batch:
    """What one transaction leaves to be started.

    Only its callbacks keep it alive: a rollback forgets them, and so the batch.
    """

    def __init__(self) -> None:
        self._waiting: set[tuple[str, Any]] = set()

    def add(self, row: Job, using: str) -> None:
        """Have the row started after the commit, once, however often it was saved."""
        key = (type(row)._meta.label, row.pk)
        self._waiting.add(key)
        transaction.on_commit(partial(self._start, key), using=using, robust=True)

    def _start(self, key: tuple[str, Any]) -> None:
        if key in self._waiting:
            self._waiting.discard(key)
            if not enqueue(*key):
                self._waiting = {other for other in self._waiting if other[0] != key[0]}


def enqueue_after_commit(row: Job) -> None:
    """Have the row worked on after the commit, in order with others of the same transaction.

    Where it is done at once and Avaturn turns out to be down, or the queue is, the rest of its kind
    is left for ``avaturn_process``: a hundred deletions must not wait for a hundred time-outs.
    """
    using = router.db_for_write(type(row))
    batches = vars(_transactions).setdefault("batches", WeakValueDictionary())
    batches.setdefault(using, Batch()).add(row, using)


def enqueue(label: str, pk: Any, run_after: datetime | None = None) -> bool:
    """Hand a row to the site's task backend.

    False if that is down, or did the work at once but in vain: the row stays due.
    """
    if framework is None:
        return work(label, str(pk))
    queue = settings.TASK_QUEUE
    try:
        result = run_job.using(queue_name=queue, run_after=run_after).enqueue(label, str(pk))
    except Exception as error:  # its text may hold the password of a broker
        about: dict[str, Any] = {"kind": label.rpartition(".")[2], "row_id": pk}
        log.NOT_QUEUED.log(**about, reason=type(error).__name__)
        return False
    return not (result.is_finished and result.status == "SUCCESSFUL" and not result.return_value)


def try_due(rows: Iterable[Job]) -> bool:
    """Start what is due of these rows; a page that waits for them asks so.

    Only where the backend cannot hold a task back until it is time for another try.
    """
    due = [] if _can_wait() else [row for row in rows if row.is_due]
    for row in due:
        if not enqueue(type(row)._meta.label, row.pk):
            break
    return bool(due)


def work(label: str, pk: str) -> bool:
    """Try a row, and see to the next try. Returns whether Avaturn could be asked."""
    model = apps.get_model(label)
    row = model._default_manager.filter(pk=pk).first()
    if not isinstance(row, Job):
        return True  # deleted, or of a transaction that was rolled back
    reached = jobs.run(row)
    if row.state == Job.State.PENDING and row.claimed_until is None and row.due_at and _can_wait():
        enqueue(label, pk, run_after=jobs.next_try(row.due_at, reached))
    return reached


if framework:
    task: Callable[[Callable[..., bool]], Any] = framework.task

    @task
    def run_job(label: str, pk: str) -> bool:
        """What is queued: the name of a model and the key of a row."""
        return work(label, pk)


def _can_wait() -> bool:
    return bool(framework and framework.task_backends["default"].supports_defer)
