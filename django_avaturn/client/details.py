"""What an error's answer tells besides its status: names and ids, never its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from ..exceptions import (
    AvaturnConflict,
    AvaturnError,
    AvaturnGone,
    AvaturnInvalid,
    AvaturnThrottled,
)
from .fitting import SLOTS

MAX_TEXT = 4096
"""Characters of a ``detail`` that are looked at."""

_ID = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_SLOT = re.compile(rf"\b(?:{'|'.join(SLOTS)})\b")


def describe(error: AvaturnError, headers: Mapping[str, str], payload: object) -> None:
    """Fill in what this kind of error has to tell; ``payload`` is the decoded answer."""
    detail = payload.get("detail") if isinstance(payload, Mapping) else payload
    if isinstance(error, AvaturnThrottled):
        error.retry_after = _retry_after(headers.get("retry-after", ""))
    elif isinstance(error, AvaturnInvalid):
        error.fields = tuple(_places(detail))
    elif isinstance(error, AvaturnConflict):
        # "Asset {uuid} added to wrong placement - {slot}"
        error.asset_id = next(iter(_ids(detail)), None)
        error.slot = next(reversed(_SLOT.findall(_text(detail))), "")
    elif isinstance(error, AvaturnGone):
        error.asset_ids = _ids(detail)


def _retry_after(header: str) -> float | None:
    try:
        return Retry().parse_retry_after(header)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _places(detail: object) -> Iterator[str]:
    """Names out of FastAPI's ``detail`` list, such as ``body.config.avatar_id``."""
    for item in detail if isinstance(detail, list) else ():
        if isinstance(item, dict) and isinstance(item.get("loc"), list):
            yield ".".join(map(str, item["loc"]))[:100]


def _ids(detail: object) -> tuple[UUID, ...]:
    """Each asset that is named, once, in their order."""
    return tuple(dict.fromkeys(UUID(found) for found in _ID.findall(_text(detail))))


def _text(detail: object) -> str:
    """``detail`` as text: itself, or what a list of texts and of FastAPI's items says."""
    items = detail[:50] if isinstance(detail, list) else [detail]
    told = [item.get("msg") if isinstance(item, dict) else item for item in items]
    return " ".join(text[:MAX_TEXT] for text in told if isinstance(text, str))[:MAX_TEXT]
