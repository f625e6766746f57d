"""For views that ask Avaturn: no transaction is open meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

MARK = "_non_atomic_requests"
"""Where Django's own decorator notes down the aliases, and its handlers look for them."""


class EveryAlias(set[str]):
    """Has each alias in it, also one that the settings get later."""

    def __contains__(self, alias: object) -> bool:
        return True


def outside_transactions(view: View) -> View:
    """Exempts a view from ``ATOMIC_REQUESTS``, whichever database has it.

    Django's ``non_atomic_requests`` exempts from that of one alias, ``default`` if none is given;
    which of them the site's routers choose for our tables, only the site knows.
    """
    setattr(view, MARK, EveryAlias())
    return view
