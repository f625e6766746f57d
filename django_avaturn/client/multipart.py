"""A form with files as the body of a request, read while it is sent."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

PIECE = 64 * 1024
"""Bytes in memory at a time."""


class Multipart:
    """``multipart/form-data`` of known length, whatever the size of its files.

    ``fields`` are texts by name and ``photos`` binary files that can seek, by name; each is sent
    whole, wherever it stands. The names are written as they are: never take them from a person.
    ``proceed`` is called before each piece, and stops the sending with what it raises.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        photos: Mapping[str, BinaryIO],
        proceed: Callable[[], object] = lambda: None,
    ) -> None:
        self._proceed = proceed
        self._boundary = secrets.token_hex(16)
        self._end = f"--{self._boundary}--\r\n".encode()
        texts = (self._head(name) + f"{text}\r\n".encode() for name, text in fields.items())
        self._start = b"".join(texts)
        self._photos = [
            (self._photo_head(name), file, _size(file)) for name, file in photos.items()
        ]

    @property
    def content_type(self) -> str:
        """The header that tells the boundary."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        """Bytes in all; requests sends it as ``Content-Length``."""
        files = sum(len(head) + size + len(b"\r\n") for head, _, size in self._photos)
        return len(self._start) + files + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        """All of it in pieces, from the beginning each time."""
        for piece in self._pieces():
            self._proceed()
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        yield self._start
        for head, file, size in self._photos:
            yield head
            yield from _content(file, size)
            yield b"\r\n"
        yield self._end

    def _photo_head(self, name: str) -> bytes:
        return self._head(name, f'; filename="{name}.jpg"\r\nContent-Type: image/jpeg')

    def _head(self, name: str, more: str = "") -> bytes:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        return f"--{self._boundary}\r\n{disposition}{more}\r\n\r\n".encode()


def _size(file: BinaryIO) -> int:
    file.seek(0, os.SEEK_END)
    return file.tell()


def _content(file: BinaryIO, size: int) -> Iterator[bytes]:
    """As many bytes as were announced."""
    file.seek(0)
    while size:
        piece = file.read(min(PIECE, size))
        if not piece:
            raise ValueError("the file has become shorter")
        size -= len(piece)
        yield piece
