"""Sites as the checks meet them, and what the checks say of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from django.test import override_settings

TOKEN = "token-that-nobody-may-see"
SECRET = "Zm9vYmFyYmF6cXV4-1234_5678"
FOUND_SDK = {"SDK_URL": "/media/sdk.js"}
CLEAN = {"API_TOKEN": TOKEN, **FOUND_SDK}

QUEUE = "django_tasks_db.DatabaseBackend"
SHARED = "django.core.cache.backends.redis.RedisCache"
SOUND: dict[str, Any] = {
    "AVATURN": {**CLEAN, "WEBHOOK_SECRETS": [SECRET]},
    "MEDIA_ROOT": "/srv/media",
    "TASKS": {"default": {"BACKEND": QUEUE}},
    "CACHES": {"default": {"BACKEND": SHARED, "LOCATION": "redis://127.0.0.1:6379"}},
}
"""Ready for production."""


def findings(*, deploy: bool = False, **settings: Any) -> list[CheckMessage]:
    """What 'manage.py check --tag avaturn' says; never the token, always a hint."""
    with override_settings(**settings):
        found = checks.run_checks(tags=["avaturn"], include_deployment_checks=deploy)
    for message in found:
        assert TOKEN not in str(message)
        assert message.hint
    return found


def ids(**settings: Any) -> list[str]:
    """The findings' ids alone."""
    return [message.id or "" for message in findings(**settings)]


def lines(message: CheckMessage) -> str:
    """The lines of its hint that are to be copied."""
    marked = [line[4:] for line in str(message.hint).splitlines() if line.startswith("    ")]
    return "\n".join(marked)


def mended(message: CheckMessage, settings: dict[str, Any], **names: Any) -> dict[str, Any]:
    """The settings with the hint's lines put in; ``names`` is what a settings file has imported."""
    assert lines(message), message
    module = {**deepcopy(settings), **names}
    exec(lines(message), module)  # our own text
    return {name: value for name, value in module.items() if name.isupper() and name not in names}
