"""Photos for the tests, made with Pillow: no two are the same unless they are asked to be."""

from __future__ import annotations

import io
import random
import zlib
from typing import Any

from PIL import Image, ImageDraw

FACE = (214, 168, 140)
TRAILER = b"<script>alert(1)</script>"


def photo(
    seed: int = 0, format: str = "JPEG", size: tuple[int, int] = (600, 800), **options: Any
) -> bytes:
    """A face on a wall; its hair and its place depend on ``seed``."""
    image = face(seed, size)
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def face(seed: int, size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """The picture itself."""
    width, height = size
    dice = random.Random(seed)
    image = Image.new(mode, size, (202, 210, 222))
    draw = ImageDraw.Draw(image)
    hair = tuple(dice.randrange(20, 160) for _ in range(3))
    left, top = width * (0.22 + dice.random() * 0.1), height * (0.14 + dice.random() * 0.06)
    right, bottom = left + width * 0.5, top + height * 0.56
    draw.ellipse((left - 4, top - height * 0.05, right + 4, top + height * 0.4), fill=hair)
    draw.ellipse((left, top, right, bottom), fill=FACE)
    draw.rectangle((left + width * 0.15, bottom - 6, right - width * 0.15, height), fill=FACE)
    draw.rectangle((0, height * 0.88, width, height), fill=(60, 72, 110))
    return image


def three(**options: Any) -> dict[str, io.BytesIO]:
    """What ``create_avatar`` takes."""
    names = ("frontal", "side_1", "side_2")
    return {name: io.BytesIO(photo(seed, **options)) for seed, name in enumerate(names)}


def turned(orientation: int = 6, **options: Any) -> bytes:
    """Stored lying on its side, with a note to turn it."""
    return photo(exif=noted(orientation), **options)


def noted(orientation: int) -> Image.Exif:
    """The note alone."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def animated(format: str, **options: Any) -> bytes:
    """Two frames."""
    return photo(0, format, save_all=True, append_images=[face(1, (600, 800))], **options)


def heic(brand: str = "heic") -> bytes:
    """No more than the head of such a file."""
    return b"\0\0\0\x18ftyp" + brand.encode() + b"\0\0\0\0mif1heic" + bytes(4000)


def oversized(width: int, height: int, format: str = "PNG") -> bytes:
    """A small file that claims so many pixels: whoever decodes it needs the memory."""
    data = photo(format=format, size=(64, 64))
    if format == "PNG":
        head = data[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
        return head + zlib.crc32(head[12:]).to_bytes(4, "big") + data[33:]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]
