"""Writing pixels as PNG: one integer per pixel, sixteen bits per channel."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

Colour = tuple[int, int, int, int]
"""Red, green, blue and alpha from 0 to 255."""

LOW_BYTES = 0x00FF_00FF_00FF_00FF


def packed(colour: Colour) -> int:
    """A colour in one integer, its parts so far apart that four of them can be added up."""
    red, green, blue, alpha = colour
    return red | green << 16 | blue << 32 | alpha << 48


def unpacked(pixel: int) -> Colour:
    """The colour in an integer."""
    return pixel & 0xFF, pixel >> 16 & 0xFF, pixel >> 32 & 0xFF, pixel >> 48 & 0xFF


def halved(pixels: Sequence[int], width: int) -> list[int]:
    """The picture at half its size: each pixel is the mean of four, and edges turn soft.

    Transparent pixels have to be zero: what comes out has its colour multiplied by its alpha.
    """
    small: list[int] = []
    for start in range(0, len(pixels), 2 * width):
        upper, lower = pixels[start : start + width], pixels[start + width : start + 2 * width]
        small += [
            (a + b + c + d) >> 2 & LOW_BYTES
            for a, b, c, d in zip(upper[::2], upper[1::2], lower[::2], lower[1::2], strict=True)
        ]
    return small


def straight(pixels: list[int]) -> list[int]:
    """Undo the multiplication by alpha, which PNG does not know."""
    return [_straight(pixel) if 0 < pixel >> 48 < 255 else pixel for pixel in pixels]


def _straight(pixel: int) -> int:
    red, green, blue, alpha = unpacked(pixel)
    red, green, blue = (min(255, value * 255 // alpha) for value in (red, green, blue))
    return packed((red, green, blue, alpha))


def png(pixels: Sequence[int], width: int) -> bytes:
    """A PNG with transparency."""
    data = struct.pack(f"<{len(pixels)}Q", *pixels)[::2]
    line = 4 * width
    rows = b"".join(b"\0" + data[start : start + line] for start in range(0, len(data), line))
    size = struct.pack(">IIBBBBB", width, len(pixels) // width, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
