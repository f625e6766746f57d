"""Databases that show a deadlock soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from .race import SEED

SHORT = {
    "postgresql": {"options": "-c lock_timeout=8s -c deadlock_timeout=200ms"},
    "mysql": {"init_command": "SET innodb_lock_wait_timeout=8"},
    "sqlite": {},
}
"""Seconds until a wait for a lock ends as an error."""

tried: Counter[str] = Counter()
"""Rounds, by database."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how much has been tried, and how to have the very same again."""
    if tried:
        rounds = ", ".join(f"{number} on {alias}" for alias, number in tried.items())
        terminalreporter.write_line(f"races: {tried.total()} rounds ({rounds}), RACE_SEED={SEED}")


@pytest.fixture
def arena(any_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The alias of a database where nobody waits for a lock for long."""
    connection = connections[any_database]
    options = {**connection.settings_dict["OPTIONS"], **SHORT[connection.vendor]}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    connection.close()
    yield any_database
    connection.close()
