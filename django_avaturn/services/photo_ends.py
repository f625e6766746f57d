"""Where a picture ends in its file, by the file's own structure; nothing is decoded.

What comes after the end is no part of the picture, whatever it is.
"""

from __future__ import annotations

import re
from typing import IO

CHUNK = 64 * 1024
MAX_PARTS = 65536
"""Segments or chunks. A photo has some hundreds; walking through millions takes seconds."""
MAX_SCANS = 32
"""Of a progressive JPEG, which has about ten. Each costs a decoder the time of a whole picture."""

EOI, SOS = 0xD9, 0xDA
STANDALONE = {0x01, *range(0xD0, 0xD9)}
IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker among the compressed data of a JPEG, where 0xFF is followed by 0x00 otherwise."""


def end_of(kind: str, file: IO[bytes]) -> int | None:
    """How many bytes the picture has: ``kind`` is Pillow's ``JPEG``, ``PNG`` or ``WEBP``.

    May be more than the file has. None where the file stops before the end, or where there are
    more parts than any photo has.
    """
    return {"PNG": _png, "WEBP": _webp}.get(kind, _jpeg)(file)


def _jpeg(file: IO[bytes]) -> int | None:
    scans = 0
    file.seek(2)
    for _ in range(MAX_PARTS):
        marker = next_marker(file)
        if marker == EOI:
            return file.tell()
        if marker in STANDALONE:
            continue
        length = int.from_bytes(file.read(2), "big")
        if marker is None or length < 2:
            return None
        file.seek(length - 2, 1)
        if marker == SOS:
            scans += 1
            if scans > MAX_SCANS or not _skip_scan(file):
                return None
    return None


def next_marker(file: IO[bytes]) -> int | None:
    """The next marker of a JPEG; fill bytes may come before it."""
    fill = code = file.read(1)
    for _ in range(16):
        if fill != b"\xff" or code != b"\xff":
            break
        code = file.read(1)
    return code[0] if fill == b"\xff" and code not in (b"", b"\xff", b"\x00") else None


def _skip_scan(file: IO[bytes]) -> bool:
    """Go to the marker after the compressed data; False where there is none."""
    data = b""
    while chunk := file.read(CHUNK):
        data = data[-1:] + chunk  # a marker may lie across two chunks
        found = IN_SCAN.search(data)
        if found:
            file.seek(found.start() - len(data), 1)
            return True
    return False


def _png(file: IO[bytes]) -> int | None:
    file.seek(8)
    for _ in range(MAX_PARTS):
        head = file.read(8)
        if len(head) < 8:
            return None
        file.seek(int.from_bytes(head[:4], "big") + 4, 1)
        if head[4:] == b"IEND":
            return file.tell()
    return None


def _webp(file: IO[bytes]) -> int:
    file.seek(4)
    return 8 + int.from_bytes(file.read(4), "little")
