"""Real databases for the tests: which ones answer, and a router that picks one for a test."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit

import environ

ADDRESSES = {
    "postgres": os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
    "mysql": os.environ.get("TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/mysql"),
}
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def answers(url: str) -> bool:
    """Whether something listens there. In CI it has to: a missing database fails the run."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        return bool(os.environ.get("CI"))
    return True


def database(url: str) -> dict[str, Any]:
    """Django's entry for a database; runs side by side keep apart by TEST_DB_SUFFIX."""
    name = "test_avaturn" + os.environ.get("TEST_DB_SUFFIX", "").replace("-", "_")
    return {**environ.Env.db_url_config(url), "TEST": {"NAME": name}}


AVAILABLE = {alias: database(url) for alias, url in ADDRESSES.items() if answers(url)}
REDIS_AVAILABLE = answers(REDIS_URL)


class CurrentDatabase:
    """Sends every query to ``alias``, so that one test can run on several databases."""

    alias = "default"

    def db_for_read(self, model: object, **hints: object) -> str:
        return CurrentDatabase.alias

    def db_for_write(self, model: object, **hints: object) -> str:
        return CurrentDatabase.alias

    def allow_relation(self, *args: object, **hints: object) -> bool:
        return True
