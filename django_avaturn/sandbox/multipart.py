"""Reading ``multipart/form-data`` with the standard library's e-mail parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from .messages import Request


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    filename: str
    content: bytes = field(repr=False)


def read_form(request: Request) -> dict[str, Part] | None:
    """The parts by name, or None where the body is not a form."""
    content_type = request.header("content-type")
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message: Message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        return None
    parts = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            parts[name] = Part(part.get_filename() or "", _content(part))
    return parts


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
