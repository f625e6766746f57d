"""Photos and portraits that are not quite what they should be."""

from __future__ import annotations

import io
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from django_avaturn.exceptions import PictureInvalid
from django_avaturn.services import pictures
from django_avaturn.services.photo_ends import end_of
from django_avaturn.services.photos import PhotoInvalid, check_photo
from tests.photographs import photo

from .inputs import tries

KINDS = ("JPEG", "PNG", "WEBP")
SIZES = st.tuples(st.integers(64, 90), st.integers(64, 90))


@cache
def whole(kind, seed, size, mode):
    made = io.BytesIO(photo(seed, "PNG", size))
    out = io.BytesIO()
    Image.open(made).convert(mode).save(out, kind)
    return out.getvalue()


@st.composite
def good(draw):
    """The kind of a picture, and its bytes."""
    kind = draw(st.sampled_from(KINDS))
    mode = draw(st.sampled_from(["RGB", "L"] + (["RGBA", "P", "1"] if kind == "PNG" else [])))
    return kind, whole(kind, draw(st.integers(0, 2)), draw(SIZES), mode)


@st.composite
def damaged(draw):
    """A good one with some bytes changed, taken out or put in."""
    kind, data = draw(good())
    data = bytearray(data)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)) | st.integers(0, 40))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(st.binary(max_size=8))
    return kind, bytes(data)


@pytest.mark.parametrize("kind", KINDS)
@tries(150)
@given(data=st.binary(max_size=80), head=st.booleans())
def test_an_end_or_none(kind, data, head):
    heads = {"JPEG": b"\xff\xd8", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}
    end = end_of(kind, io.BytesIO(heads[kind] + data if head else data))
    assert end is None or end >= 0


@tries(80)
@given(made=good(), more=st.binary(max_size=30), cut=st.integers(1, 60))
def test_the_end_of_a_picture(made, more, cut):
    kind, data = made
    assert end_of(kind, io.BytesIO(data)) == len(data)
    assert end_of(kind, io.BytesIO(data + more)) == len(data)
    end = end_of(kind, io.BytesIO(data[:-cut]))
    assert end is None or end > len(data) - cut


@tries(120)
@given(made=damaged(), tail=st.binary(max_size=3))
def test_photos_are_taken_or_refused(made, tail):
    """What is passed on is a JPEG, and all of it a picture."""
    _kind, data = made
    try:
        taken = check_photo(io.BytesIO(data + tail))
    except PhotoInvalid as error:
        assert str(error).endswith(".")
        return
    with taken:
        content = taken.read()
    assert content[:3] == b"\xff\xd8\xff"
    assert end_of("JPEG", io.BytesIO(content)) == len(content)


@tries(60)
@given(data=damaged().map(lambda made: made[1]) | st.binary(max_size=200))
def test_portraits_are_made_anew_or_refused(data):
    try:
        made = pictures.encode(io.BytesIO(data))
    except PictureInvalid:
        return
    for picture, side in zip(made, (pictures.LARGE, pictures.SMALL), strict=True):
        with Image.open(io.BytesIO(picture.data)) as image:
            assert (image.format, image.width) == ("WEBP", image.height)
            assert image.width <= side
