"""Which middleware is in use."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string


def installed(name: str) -> bool:
    """Whether the middleware with this dotted path is in use, or a subclass of it."""
    return any(name in _lineage(path) for path in settings.MIDDLEWARE)


def _lineage(path: str) -> list[str]:
    """The path, and those of all classes that it inherits from."""
    try:
        classes = getattr(import_string(path), "__mro__", ())
    except Exception:  # told by Django, which cannot start with it
        classes = ()
    return [path, *(f"{one.__module__}.{one.__qualname__}" for one in classes)]
