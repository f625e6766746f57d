"""Opening a stranger's picture so that Pillow reads nothing of it but pixels.

Metadata can cost far more than the picture: the entries of a JPEG's Exif part may all claim the
same megabyte, and Pillow before version 13 copies it for each of them as soon as it opens the file.
"""

# The extra may be missing, which is asked before anything is used:
# pyright: reportOptionalMemberAccess=false, reportPossiblyUnboundVariable=false

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import IO, Any

from .photo_ends import MAX_PARTS, SOS, next_marker

try:
    from PIL import Image, UnidentifiedImageError
except ImportError:
    Image = None  # type: ignore[assignment]

SIGNATURES = {"JPEG": (0, b"\xff\xd8\xff"), "PNG": (0, b"\x89PNG\r\n\x1a\n"), "WEBP": (8, b"WEBP")}

KEPT = {0xE0, 0xEE, *range(0xC0, 0xD0), *range(0xDA, 0xE0)}
"""Parts of a JPEG's head that say how its pixels are to be read: JFIF, Adobe, frame and tables."""
MAX_HEAD = 2**20
"""Bytes of these parts. A photo has about a thousand."""

EXIF = b"Exif\0\0"
PROFILE = b"ICC_PROFILE\0"
ORIENTATION = 0x0112
MAX_ENTRIES = 1000
"""Of a directory of the Exif part; a camera writes about 30."""


def kind_of(file: IO[bytes]) -> str:
    """What the first bytes say: Pillow's name of a format that is taken.

    Raises Pillow's ``UnidentifiedImageError``.
    """
    file.seek(0)
    head = file.read(12)
    for kind, (at, signature) in SIGNATURES.items():
        if head[at:].startswith(signature):
            return kind
    raise UnidentifiedImageError("This is no picture of a kind that is taken.")


def open_picture(kind: str, file: IO[bytes]) -> tuple[Any, int]:
    """Pillow's picture, not decoded yet, and how it is to be turned: 1 to 8, as Exif counts.

    ``file`` has to have an end (``photo_ends.end_of``) and to stay open. Raises what Pillow raises,
    or ``ValueError`` for a head of which no photo has the like.
    """
    file.seek(0)
    if kind == "JPEG":
        bare, exif = _bare(file)
        return Image.open(bare, formats=("JPEG",)), orientation(exif)
    image = Image.open(file, formats=(kind,))
    exif = image.info.get("exif", b"")
    return image, orientation(exif.removeprefix(EXIF) if isinstance(exif, bytes) else b"")


def without_metadata(jpeg: IO[bytes]) -> IO[bytes]:
    """The same JPEG without place, camera, comments and previews; its colours stay what they are.

    A view, not a copy: ``jpeg`` has to stay open. Raises ``ValueError`` as ``open_picture`` does.
    """
    jpeg.seek(0)
    return _bare(jpeg, colours=True)[0]


def orientation(tiff: bytes) -> int:
    """What the first directory of an Exif part says, read without anything else of it."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if not order:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}L", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(min(count, MAX_ENTRIES)):
            tag, _, _, value = struct.unpack_from(f"{order}HHLH", tiff, at + 2 + 12 * number)
            if tag == ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _bare(file: IO[bytes], *, colours: bool = False) -> tuple[IO[bytes], bytes]:
    """The JPEG without its metadata, and the first Exif part."""
    head, exif = bytearray(file.read(2)), b""
    for code, data in _segments(file):
        if code in KEPT or (colours and code == 0xE2 and data.startswith(PROFILE)):
            head += bytes((0xFF, code)) + struct.pack(">H", len(data) + 2) + data
        elif code == 0xE1 and data.startswith(EXIF) and not exif:
            exif = data.removeprefix(EXIF)
        if len(head) > MAX_HEAD:
            raise ValueError("This head is longer than that of any photo.")
    return io.BufferedReader(_Spliced(bytes(head), file, file.tell())), exif


def _segments(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Codes and contents of the parts of a head; the last is where the pixels begin."""
    for _ in range(MAX_PARTS):
        code = next_marker(file)
        length = int.from_bytes(file.read(2), "big")
        if code is None or length < 2:
            raise ValueError("This is not the head of a JPEG.")
        yield code, file.read(length - 2)
        if code == SOS:
            return
    raise ValueError("This head has more parts than that of any photo.")


class _Spliced(io.RawIOBase):
    """A head in place of the first ``offset`` bytes of a file, which stays where it is."""

    def __init__(self, head: bytes, file: IO[bytes], offset: int) -> None:
        self._head, self._file, self._offset = head, file, offset
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            offset += self._file.seek(0, io.SEEK_END) - self._offset + len(self._head)
        self._at = max(0, offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        rest = self._at - len(self._head)
        if rest < 0:
            data = self._head[self._at : self._at + len(buffer)]
        else:
            self._file.seek(self._offset + rest)
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
