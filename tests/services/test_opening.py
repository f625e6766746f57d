"""The head of a JPEG, read by ourselves: what is none is refused, whatever comes first."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from django_avaturn.services import opening, photos
from django_avaturn.services.photo_ends import MAX_PARTS

START, EMPTY_PART = b"\xff\xd8", b"\xff\xe5\x00\x02"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(START, id="nothing more"),
        pytest.param(START + b"\xff\xe5\x00\x01", id="shorter than its own length"),
        pytest.param(START + b"no marker", id="no marker"),
        pytest.param(START + EMPTY_PART * MAX_PARTS, id="parts without end"),
        pytest.param(START + b"\xff\xdb\xff\xff" + b"\0" * 65533 * 2, id="no pixels"),
    ],
)
def test_what_is_not_the_head_of_a_photo(head):
    with pytest.raises(ValueError, match="head"):
        opening.without_metadata(BytesIO(head))


def test_a_picture_that_no_jpeg_can_hold():
    """JPEG ends at 65,500 pixels a side; PNG does not."""
    png = BytesIO()
    Image.new("RGB", (65_536, photos.MIN_SIDE)).save(png, "PNG")
    with pytest.raises(photos.PhotoInvalid, match="another one"):
        photos.check_photo(png)
