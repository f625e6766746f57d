"""A task backend that is down."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django_avaturn.tasks import framework

base = import_module(f"{framework.__name__}.backends.base")
SECRET = "broker-password-9c1e"


class BrokenBackend(base.BaseTaskBackend):
    """Says so with the address of its broker, as some do."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError(f"redis://:{SECRET}@127.0.0.1:6379/0 does not answer")
