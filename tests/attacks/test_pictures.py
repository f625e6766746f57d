"""Pictures that are harmless to look at and expensive to open, and pictures that are none."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from PIL import Image

from django_avaturn.exceptions import PictureInvalid
from django_avaturn.services import opening, photos, pictures
from tests.photographs import TRAILER, animated, noted, oversized, photo, turned

MIB = 2**20


def segment(code, data=b""):
    return bytes([0xFF, code]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind, data=b""):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def after_head(jpeg, *parts):
    """Right after the first marker; without JFIF, so that Pillow looks into Exif for the size."""
    return jpeg[:2] + b"".join(parts) + jpeg[20:]


def in_png(png, *chunks):
    return png[:33] + b"".join(chunks) + png[33:]


def greedy(entries=2000, size=60_000):
    """An Exif part whose entries all claim the same bytes."""
    rows = [struct.pack("<HHLL", 0x9000 + n, 7, size - 8, 8) for n in range(entries)]
    head = b"II*\0" + struct.pack("<LH", 8, entries) + b"".join(rows) + bytes(4)
    return head.ljust(size, b"\0")


def exif(tiff):
    return [
        segment(0xE1, b"Exif\0\0" + tiff[at : at + 65_000]) for at in range(0, len(tiff), 65_000)
    ]


def many_scans(times):
    jpeg = photo(progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * times + b"\xff\xd9"


JPEG, PNG, WEBP = photo(), photo(format="PNG"), photo(format="WEBP")
BOMBS = {
    "JPEG: Exif entries that share": after_head(JPEG, *exif(greedy())),
    "JPEG: a megabyte of such Exif": after_head(JPEG, *exif(greedy(2000, MIB))),
    "JPEG: such entries of a multi-picture": after_head(JPEG, segment(0xE2, b"MPF\0" + greedy())),
    "JPEG: a million parts": after_head(JPEG, segment(0xE5) * 1_000_000),
    "JPEG: a million parts at its end": JPEG[:-2] + segment(0xE5) * 1_000_000 + b"\xff\xd9",
    "JPEG: a thousand scans": many_scans(1000),
    "JPEG: many tables": after_head(JPEG, segment(0xDB, bytes(65_000)) * 20),
    "JPEG: a billion pixels": oversized(65_000, 65_000, "JPEG"),
    "JPEG: fill bytes only": b"\xff\xd8" + b"\xff" * MIB,
    "PNG: a billion pixels in a row": oversized(10**9, 1),
    "PNG: a billion pixels in a column": oversized(1, 10**9),
    "PNG: 2**31 squared": oversized(2**31 - 1, 2**31 - 1),
    "PNG: 20,000 squared": oversized(20_000, 20_000),
    "PNG: a million chunks": in_png(PNG, chunk(b"abCd") * 1_000_000),
    "PNG: a length of 2**32": PNG[:33] + b"\xff\xff\xff\xffIDAT" + PNG[41:],
    "PNG: texts that unpack": in_png(
        PNG, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(64 * MIB)))] * 20
    ),
    "PNG: a profile that unpacks": in_png(
        PNG, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(64 * MIB)))
    ),
    "PNG: international texts": in_png(
        PNG, *[chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(64 * MIB)))] * 20
    ),
    "PNG: greedy Exif": in_png(PNG, chunk(b"eXIf", greedy(2000, MIB))),
    "PNG: 2**32 frames": in_png(PNG, chunk(b"acTL", struct.pack(">LL", 2**31, 0))),
    "WebP: longer than it is": WEBP[:4] + b"\xff\xff\xff\x7f" + WEBP[8:],
    "WebP: 16,383 squared": WEBP[:26] + b"\xff\x3f\xff\x3f" + WEBP[30:],
    "WebP: animated": animated("WEBP"),
    "nothing": b"",
    "a signature": b"\xff\xd8\xff",
}  # fmt: skip


@pytest.mark.parametrize("read", ["photo", "portrait"])
@pytest.mark.parametrize("name", BOMBS)
def test_bomb_costs_little(name, read):
    opened = {"photo": photos.check_photo, "portrait": pictures.encode}[read]
    source = io.BytesIO(BOMBS[name])
    tracemalloc.start()
    began = time.thread_time()
    try:
        with suppress(photos.PhotoInvalid, PictureInvalid):
            getattr(opened(source), "close", tuple)()
        seconds, peak = time.thread_time() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seconds < 10  # ever so long, without the limits
    assert peak < 3 * len(BOMBS[name]) + 24 * MIB


OTHERS = {
    "GIF": photo(format="GIF"),
    "TIFF": photo(format="TIFF"),
    "BMP": photo(format="BMP"),
    "PPM": photo(format="PPM"),
    "ICO": photo(format="ICO", size=(64, 64)),
    "PDF": photo(format="PDF"),
    "TGA": photo(format="TGA"),
    "JPEG 2000": photo(format="JPEG2000"),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(%pipe%id) (w) file\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)" width="99" height="99"/>',
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "HTML after a signature": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
    "HTML in a GIF's head": b"GIF89a/*<script>*/=1;alert(1)",
    "MVG": b"push graphic-context\nimage over 0,0 0,0 'https://evil.example'\n",
    "WAV": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
    "zip": b"PK\x03\x04" + bytes(60),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_are_no_pictures(name):
    with pytest.raises(photos.PhotoInvalid):
        photos.check_photo(io.BytesIO(OTHERS[name]))
    with pytest.raises(PictureInvalid):
        pictures.encode(io.BytesIO(OTHERS[name]))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_gets_into_a_portrait(format):
    notes = noted(1)
    notes[0x010E] = TRAILER.decode()
    data = photo(format=format, exif=notes) + TRAILER
    for made in pictures.encode(io.BytesIO(data)):
        assert TRAILER not in made.data
        assert made.content_type == "image/webp"
        assert b"EXIF" not in made.data


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_turned_pictures_are_seen_as_pillow_sees_them(format, turn):
    """The metadata is read by hand; what it says must not have got lost."""
    data = turned(turn, format=format)
    file = io.BytesIO(data)
    image, told = opening.open_picture(opening.kind_of(file), file)
    with image, Image.open(io.BytesIO(data)) as whole:
        assert told == turn == whole.getexif()[0x0112]
        assert image.size == whole.size
        assert image.convert("RGB").tobytes() == whole.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "tiff",
    [
        b"", b"II", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff",
        b"II+\0" + bytes(60),
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0", b"XX*\0" + bytes(60),
    ],
)  # fmt: skip
def test_notes_that_make_no_sense_turn_nothing(tiff):
    assert opening.orientation(tiff) == 1
