"""The site's task backend, as ``TASKS`` has it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning

from ..conf import Settings, settings
from ..tasks import framework

WITHOUT_WORKERS = {"ImmediateBackend", "DummyBackend"}

NO_WORKERS = (
    "Tasks have no workers: models and portraits are fetched within the requests of the users "
    "they are for, and deletions at Avaturn wait for it there. While Avaturn is slow, so is the "
    "site."
)
NOTHING_STARTS = (
    "TASKS has a backend that starts nothing: models, portraits and deletions come only with "
    "'manage.py avaturn_process'."
)
INSTALL = (
    "Install a backend such as django-tasks-db (before Django 6 with "
    "'pip install \"django-avaturn[tasks]\"' beside it), run its workers, and set:\n"
    '    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}'
)


def check_queue() -> list[CheckMessage]:
    """E007: the backend refuses ``TASK_QUEUE``, so that nothing is started in time."""
    queue, known = settings.TASK_QUEUE, _backend().get("QUEUES", ["default"])
    if not framework or not known or queue in known:
        return []
    return [
        Error(
            f"{Settings.TASK_QUEUE.source} is {queue!r}, which is not among the QUEUES of TASKS: "
            "no task could be queued, and all work would wait for 'manage.py avaturn_process'.",
            hint=f"Name the queue there, or use one that is:\n    {_queues([*known, queue])}",
            id="avaturn.E007",
        )
    ]


def check_workers() -> list[CheckMessage]:
    """W011: files are fetched within requests. On the plan without API there are none to fetch."""
    name = _backend().get("BACKEND", "ImmediateBackend").rpartition(".")[2]
    if settings.free_plan or (framework and name not in WITHOUT_WORKERS):
        return []
    told = NOTHING_STARTS if framework and name == "DummyBackend" else NO_WORKERS
    return [Warning(told, hint=INSTALL, id="avaturn.W011")]


def _backend() -> dict[str, Any]:
    tasks = getattr(django_settings, "TASKS", None) or {}
    found: dict[str, Any] = tasks.get("default", {})
    return found


def _queues(names: list[str]) -> str:
    site: Any = django_settings  # the types do not know the method
    if _backend() and site.is_overridden("TASKS"):
        return f'TASKS["default"]["QUEUES"] = {json.dumps(names)}'
    return f'AVATURN["TASK_QUEUE"] = {json.dumps(names[0])}'
