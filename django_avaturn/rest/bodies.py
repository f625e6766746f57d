"""Which bodies are read at all: told by the headers, before anything is authenticated or parsed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import exceptions
from rest_framework.request import Request

from .errors import TooLarge

FORM_EXTRA = 2**20
"""Bytes of a form besides its files."""


def check_body(request: Request, max_form: int | None) -> None:
    """Raise ``TooLarge``, or ``UnsupportedMediaType`` for another charset than UTF-8.

    ``max_form`` is how many bytes a form with files may have, None for as many as anything else:
    the site's ``DATA_UPLOAD_MAX_MEMORY_SIZE``. What announces no length is not read either.
    """
    charset = str(request.encoding or "utf-8")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise exceptions.UnsupportedMediaType(request.content_type or "")  # zlib is one for Python
    is_form = str(request.content_type).startswith("multipart/")
    usual: Any = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # None for no limit
    limit = max_form if is_form and max_form is not None else usual
    length = request.META.get("CONTENT_LENGTH") or "0"
    if limit is not None and length.isdecimal() and int(length[:20]) > limit:
        raise TooLarge
