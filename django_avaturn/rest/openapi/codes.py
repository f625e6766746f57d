"""Which errors there are, from the tables that the errors themselves come from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from rest_framework import exceptions

# The last two for the errors that they bring.
from .. import customizations, errors, photos  # noqa: F401

HOMES = {"rest_framework", __name__.partition(".")[0]}
NEVER = {"error", "not_acceptable"}
"""What only base classes say, and what ``JSONNegotiation`` excludes."""


def _rows() -> Iterator[tuple[int, str, Any]]:
    """Status, code and text of each error."""
    yield from (row for _kind, row in errors.UPSTREAM)
    kinds = _kinds(exceptions.APIException)
    for kind in sorted(kinds, key=lambda kind: kind.__module__ != errors.__name__):
        if kind.__module__.partition(".")[0] in HOMES and kind.default_code not in NEVER:
            yield kind.status_code, str(kind.default_code), kind.default_detail
            if kind.status_code == 401:  # a 403 where the site's authentication cannot be asked for
                yield 403, str(kind.default_code), kind.default_detail


def _kinds(kind: type[exceptions.APIException]) -> Iterator[type[exceptions.APIException]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


ROWS = list(_rows())
CODES = {code: text for _status, code, text in reversed(ROWS)}
"""Each with the text that people get by default."""


def by_status(codes: set[str]) -> dict[int, list[str]]:
    """These codes by the HTTP status they come with."""
    pairs = sorted({(status, code) for status, code, _text in ROWS if code in codes})
    grouped = groupby(pairs, key=itemgetter(0))
    return {status: [code for _status, code in found] for status, found in grouped}
