"""Links are secrets: whoever uses one must not have it logged or shown."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_quiet: ContextVar[bool] = ContextVar("avaturn_quiet", default=False)


def _audible(record: logging.LogRecord) -> bool:
    return not _quiet.get()


# urllib3 logs every path at DEBUG, and the whole address where headers make no sense.
for name in ("connection", "connectionpool", "util.retry"):
    logging.getLogger(f"urllib3.{name}").addFilter(_audible)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep urllib3's log still, in this thread only."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def cause(error: BaseException) -> str:
    """The name of the innermost error, such as ``NewConnectionError``; its text has the link."""
    return type(innermost(error)).__name__


def innermost(error: BaseException) -> BaseException:
    """What an error was at first, before requests and urllib3 wrapped it."""
    while inner := getattr(error, "reason", None) or next(iter(error.args), None):
        if not isinstance(inner, BaseException):
            break
        error = inner
    return error
