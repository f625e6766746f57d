"""What another request does between two statements of ours, in a single thread.

``tests/races`` has the real ones; this is for what they meet too rarely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def meanwhile(pattern: str, act: Callable[[], Any], *, after: int = 0) -> Iterator[None]:
    """Act once, right before a statement that matches; fails where there is none.

    It is the first of them, or the one that comes after so many others.
    """
    waiting: list[Callable[[], Any]] = [act, *[lambda: None] * after]

    def executing(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if waiting and re.search(pattern, sql):
            waiting.pop()()
        return execute(sql, *args)

    with connection.execute_wrapper(executing):
        yield
    assert not waiting, f"Too few statements match {pattern!r}."
