"""Reading ``multipart/form-data`` byte by byte: what is in a part comes out as it was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP

from .messages import Request

LINE = b"\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


def read_form(request: Request) -> dict[str, Part] | None:
    """The parts by name, or None where the body is not a whole form."""
    head = _head(b"Content-Type: " + request.header("content-type").encode("latin-1", "replace"))
    boundary = head.get_param("boundary", header="content-type")
    if head.get_content_type() != "multipart/form-data":
        return None
    if not isinstance(boundary, str) or not boundary:
        return None
    mark = LINE + b"--" + boundary.encode("latin-1", "replace")
    _, *pieces = (LINE + request.body).split(mark)
    ends = [index for index, piece in enumerate(pieces) if piece.startswith(b"--")]
    if not ends:
        return None
    return dict(filter(None, map(_part, pieces[: ends[0]])))


def _part(piece: bytes) -> tuple[str, Part] | None:
    # What stands before the first line break is padding of the boundary.
    head, _, content = piece.partition(LINE + LINE)
    message = _head(head.partition(LINE)[2])
    name = message.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        return None
    return name, Part(message.get_filename() or "", message.get_content_type(), content)


def _head(lines: bytes) -> Message:
    head: Message = BytesHeaderParser(policy=HTTP).parsebytes(lines + LINE + LINE)
    return head
