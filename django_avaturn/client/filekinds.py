"""What a file has to be, told by its first bytes: for downloads and for uploads."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from ..exceptions import FileRefused

CHUNK = 256 * 1024
"""Bytes that are held in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What has arrived. ``size`` is in bytes, ``sha256`` in hex.

    ``content_type`` is what the first bytes say, not what the server says.
    """

    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a file says of itself; ``size`` is in bytes, None where it does not tell."""

    content_type: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A kind of file. ``read_head`` gets the first ``head_size`` bytes; None means another kind."""

    name: str
    head_size: int
    read_head: Callable[[bytes], Head | None]


def _glb(head: bytes) -> Head | None:
    if len(head) < 12:
        return None
    magic, version, size = struct.unpack("<4sII", head)
    if (magic, version) != (b"glTF", 2):
        return None
    return Head(content_type="model/gltf-binary", size=size)


def _image(head: bytes) -> Head | None:
    if head.startswith(b"\xff\xd8\xff"):
        return Head(content_type="image/jpeg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Head(content_type="image/png")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Head(content_type="image/webp")
    return None


GLB = FileKind(name="GLB model", head_size=12, read_head=_glb)
"""glTF 2.0 in one binary file, exactly as long as its header says."""

IMAGE = FileKind(name="JPEG, PNG or WebP picture", head_size=12, read_head=_image)
"""A picture by its signature; it is not decoded."""


def examine(file: BinaryIO, kind: FileKind, *, max_bytes: int) -> Downloaded:
    """Check a file that is here already, such as an upload; leaves it at its start.

    ``max_bytes`` is the largest to take. Raises ``FileRefused``.
    """
    file.seek(0)
    facts = transfer(file.read, lambda chunk: None, kind, max_bytes=max_bytes)
    file.seek(0)
    return facts


def transfer(
    read: Callable[[int], bytes],
    write: Callable[[bytes], object],
    kind: FileKind,
    *,
    max_bytes: int,
    announced: int | None = None,
) -> Downloaded:
    """Hand a file on, piece by piece, as long as it is what it should be.

    ``announced`` is its size in bytes where the sender has told it. ``read`` gives as many bytes
    as it is asked for, fewer only at the end. Raises ``FileRefused``, as soon as that is clear.
    """
    _check_cap(kind, announced, max_bytes)
    chunk = read(kind.head_size)
    head = kind.read_head(chunk)
    if head is None:
        raise FileRefused(f"This is not a {kind.name}.", permanent=False)
    _check_cap(kind, head.size, max_bytes)
    if head.size is not None and announced not in (None, head.size):
        raise _wrong_size(kind)
    cap = max_bytes if head.size is None else head.size
    digest, size = hashlib.sha256(), 0
    while chunk:
        size += len(chunk)
        if size > cap:
            raise _wrong_size(kind) if head.size is not None else _too_large(kind, max_bytes)
        digest.update(chunk)
        write(chunk)
        chunk = read(min(CHUNK, cap + 1 - size))  # one more than allowed shows that there is more
    if size != (head.size or size):
        raise _wrong_size(kind)
    return Downloaded(size=size, sha256=digest.hexdigest(), content_type=head.content_type)


def _check_cap(kind: FileKind, size: int | None, max_bytes: int) -> None:
    if size is not None and size > max_bytes:
        raise _too_large(kind, max_bytes)


def _too_large(kind: FileKind, max_bytes: int) -> FileRefused:
    return FileRefused(f"The {kind.name} has more than the {max_bytes} bytes that are allowed.")


def _wrong_size(kind: FileKind) -> FileRefused:
    return FileRefused(f"The {kind.name} is not as long as its header says.", permanent=False)
