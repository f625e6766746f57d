"""Texts that are a permission by themselves: links, and the secret of the webhook's address."""

from __future__ import annotations

HIDDEN = "***"
"""Plain ASCII, since WSGI takes nothing else in an address."""


class Secret(str):
    """A text that a report of an error shows as ``***`` among the local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)
