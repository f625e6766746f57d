"""For the site's own views that show the editor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isawaitable
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpResponseBase

from .conf import settings

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Cross-Origin-Opener-Policy"
MARK = "allows_popups"
"""Attribute of the views that have the decorator; a system check looks for one."""


def allow_popups(view: View) -> View:
    """Lets the editor open a window from this page: on the plan without API people sign in there.

    Django's default ``Cross-Origin-Opener-Policy: same-origin`` forbids that. The view's responses
    get ``same-origin-allow-popups``, unless the view has set one itself; with the API, where nobody
    signs in, nothing is changed. For sync and async views, and with ``method_decorator``.
    """

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        return _later(response) if isawaitable(response) else _allowed(response)

    setattr(wrapped, MARK, True)
    if iscoroutinefunction(view):
        markcoroutinefunction(wrapped)
    return wrapped  # type: ignore[return-value]  # it takes and gives what the view does


async def _later(response: Any) -> HttpResponseBase:
    return _allowed(await response)


def _allowed(response: HttpResponseBase) -> HttpResponseBase:
    if settings.free_plan:
        response.headers.setdefault(HEADER, "same-origin-allow-popups")
    return response
