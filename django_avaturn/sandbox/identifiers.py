"""Identifiers in the forms that the service uses."""

from __future__ import annotations

import base64
import secrets
import time
import uuid


def user_id() -> str:
    """32 base32 characters: an opaque string, on purpose not a UUID."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def ordered_uuid() -> str:
    """A version 7 UUID: sorts by the time it was made."""
    stamp = time.time_ns() // 1_000_000
    number = (stamp << 80) | secrets.randbits(80)
    number = number & ~(0xF << 76) | (0x7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=number))


def secret() -> str:
    """An unguessable part of an address."""
    return secrets.token_urlsafe(24)


def canonical(text: str) -> str:
    """The usual spelling of a UUID that validation has let through."""
    return str(uuid.UUID(text))
