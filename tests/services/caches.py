"""Caches that tell what is done to them, or that are down."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

SECRET = "cache-password-5d20"


class TellingCache(LocMemCache):
    """Notes down each operation."""

    done: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in {"get", "get_many", "add", "set", "incr", "touch", "delete", "delete_many"}:
            TellingCache.done.append(name)
        return super().__getattribute__(name)


class BrokenCache(BaseCache):
    """Nothing works, and the error shows the password."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError(f"redis://:{SECRET}@127.0.0.1:6379/0 does not answer")

    add = get = get_many = set = incr = touch = delete = delete_many = clear = _fail


class ReadOnlyCache(LocMemCache):
    """Answers, and takes nothing."""

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise TimeoutError(SECRET)

    add = set = incr = touch = delete = delete_many = _fail
