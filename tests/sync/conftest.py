"""What the tests of syncing everybody share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from django_avaturn.models import Avatar, AvaturnProfile

Rows = list[tuple[Any, ...]]


@pytest.fixture
def written() -> Callable[[], tuple[Rows, Rows]]:
    """All that a sync could change."""

    def rows() -> tuple[Rows, Rows]:
        profiles = AvaturnProfile.objects.order_by("pk").values_list()
        avatars = Avatar.objects.order_by("pk").values_list()
        return list(profiles), list(avatars)

    return rows


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is sent to the databases, by whichever thread."""
    sent: list[str] = []
    real = CursorWrapper.execute

    def noting(cursor: Any, sql: Any, params: Any = None) -> Any:
        sent.append(str(sql))
        return real(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", noting)
    yield sent
