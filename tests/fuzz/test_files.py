"""Models and pictures by their first bytes, however they arrive."""

from __future__ import annotations

import hashlib
import struct

from hypothesis import given
from hypothesis import strategies as st

from django_avaturn.client import GLB, IMAGE
from django_avaturn.client.filekinds import transfer
from django_avaturn.exceptions import FileRefused

from .inputs import tries

NEAR = st.sampled_from([0, 0, 0, -1, 1, 5, 2**31])
"""How far what is said is from what is true."""
HEADS = st.sampled_from([*[b"glTF\x02\0\0\0"] * 4, b"glTF\x01\0\0\0", b"glTf\x02\0\0\0"])


@st.composite
def models(draw):
    """Bytes with a header that may be true."""
    body = draw(st.binary(max_size=40))
    says = 12 + len(body) + draw(NEAR)
    return draw(HEADS) + struct.pack("<I", says) + body


SIGNATURES = st.sampled_from(
    [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a"]
)
PICTURES = st.builds(bytes.__add__, SIGNATURES, st.binary(max_size=40))


class Source:
    """Gives as many bytes as it likes, but the head whole and never more than it is asked for."""

    def __init__(self, data, pieces):
        self.data, self.pieces, self.at = data, pieces, 0

    def read(self, size):
        if self.at and self.pieces:
            size = min(size, self.pieces.pop())
        found = self.data[self.at : self.at + size]
        self.at += len(found)
        return found


def verdict(data, kind, pieces, limit, announced=None):
    written = []
    try:
        facts = transfer(
            Source(data, [*pieces]).read, written.append, kind, max_bytes=limit, announced=announced
        )
    except FileRefused as error:
        return str(error)
    assert b"".join(written) == data
    return facts


PIECES = st.lists(st.integers(1, 9), max_size=20)


@tries(250)
@given(data=models() | st.binary(max_size=20), pieces=PIECES, more=NEAR, off=NEAR)
def test_models(data, pieces, more, off):
    """Taken is only what is as long as its header says, and as it was announced."""
    limit = max(0, len(data) + more)
    for told in (None, max(0, len(data) + off)):
        found = verdict(data, GLB, pieces, limit, told)
        assert found == verdict(data, GLB, [], limit, told)
        is_model = data[:8] == b"glTF\x02\0\0\0" and len(data) >= 12
        fits = is_model and struct.unpack_from("<I", data, 8)[0] == len(data) <= limit
        assert (not isinstance(found, str)) == (fits and told in (None, len(data)))


@tries(150)
@given(data=PICTURES | st.binary(max_size=20), pieces=PIECES, more=NEAR)
def test_pictures(data, pieces, more):
    limit = max(0, len(data) + more)
    found = verdict(data, IMAGE, pieces, limit)
    assert found == verdict(data, IMAGE, [], limit)
    if not isinstance(found, str):
        assert found.size == len(data) <= limit
        assert found.sha256 == hashlib.sha256(data).hexdigest()
        assert found.content_type in {"image/jpeg", "image/png", "image/webp"}
