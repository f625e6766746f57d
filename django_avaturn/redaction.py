"""Keeps the secret of the webhook's address out of logs and error reports."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls.converters import StringConverter

from .client.secret import HIDDEN, Secret

LOGGERS = (
    "django.request",
    "django.security.DisallowedHost",
    "django.server",
    "gunicorn.access",
    "hypercorn.access",
    "uvicorn.access",
)
"""Whose records tell of addresses. A front server has a log of its own: see docs/security.rst."""

# No shorter than a secret may be, for other apps have webhooks too.
_AFTER = re.compile(r"(/webhooks/)[^/\s?#\"'<>]{16,}")


class SecretConverter(StringConverter):
    """For an address: the arguments of a view are in the reports, too."""

    def to_python(self, value: str) -> Secret:
        """What the view gets."""
        return Secret(value)


class WebhookSecretFilter(logging.Filter):
    """Takes secrets out of a record, its arguments and its request.

    Installed on ``LOGGERS``; a site can add it to loggers or handlers of its own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        record.msg, record.args = _clean(record.msg), _clean_all(record.args)
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            hide(request)
        return True


def install() -> None:
    """Add one filter to each of ``LOGGERS``, however often this is called."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)


def hide(request: HttpRequest, secret: str = "") -> None:
    """Take the secret, or whatever stands where one would, out of what is reported of a request.

    ``META`` is also what a server such as gunicorn writes its own log from.
    """
    request.path, request.path_info = (
        _clean(request.path, secret),
        _clean(request.path_info, secret),
    )
    for key, value in request.META.items():
        request.META[key] = _clean(value, secret)


_FILTER = WebhookSecretFilter()


def _clean(value: Any, secret: str = "") -> Any:
    if not isinstance(value, str) or "/" not in value:
        return value  # most are none, and there are many
    # As it was read, as it was sent, and as WSGI has it.
    for text in {secret, quote(secret), secret.encode().decode("latin-1")} - {""}:
        value = value.replace(f"/{text}/", f"/{HIDDEN}/")
    return _AFTER.sub(rf"\1{HIDDEN}", value)


def _clean_all(args: Any) -> Any:
    """Of the same form as before: some formatters take the arguments apart."""
    if isinstance(args, tuple):
        return tuple(_clean(arg) for arg in args)
    if isinstance(args, Mapping):
        cleaned: Any = copy.copy(args)
        for key, value in args.items():
            cleaned[key] = _clean(value)
        return cleaned
    return args
