"""Files by their first bytes."""

from __future__ import annotations

import hashlib
import tempfile
from io import BytesIO

import pytest

from django_avaturn.client import GLB, IMAGE, Downloaded, FileKind, examine
from django_avaturn.client.filekinds import CHUNK, transfer
from django_avaturn.exceptions import FileRefused

from .files import glb

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (PNG + bytes(50), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(50), "image/webp"),
        (PNG, "image/png"),
    ],
)
def test_pictures(data: bytes, content_type: str) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    expected = Downloaded(size=len(data), sha256=sha256, content_type=content_type)
    assert examine(BytesIO(data), IMAGE, max_bytes=1000) == expected


@pytest.mark.parametrize("size", [12, 13, 1000, CHUNK, CHUNK + 12, CHUNK * 2 + 13])
def test_models(size: int) -> None:
    data = glb(size)
    facts = examine(BytesIO(data), GLB, max_bytes=size)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert (facts.size, facts.content_type) == (size, "model/gltf-binary")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (GLB, b""),
        (GLB, b"glTF"),
        (GLB, glb()[:11]),
        (GLB, glb(version=1)),
        (GLB, glb(version=3)),
        (GLB, glb().replace(b"glTF", b"GLTF")),
        (GLB, b"<!doctype html><title>Expired</title>"),
        (GLB, PNG + bytes(50)),
        (IMAGE, b""),
        (IMAGE, b"\xff\xd8"),
        (IMAGE, b"GIF89a" + bytes(50)),
        (IMAGE, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (IMAGE, b"RIFF\x24\0\0\0WAVEfmt "),
        (IMAGE, b"\n" + PNG),
        (IMAGE, glb()),
    ],
)
def test_another_kind(kind: FileKind, data: bytes) -> None:
    with pytest.raises(FileRefused, match=f"This is not a {kind.name}") as caught:
        examine(BytesIO(data), kind, max_bytes=10_000)
    assert not caught.value.permanent


@pytest.mark.parametrize("says", [0, 11, 999, 1001, 2000])
def test_a_model_of_another_length(says: int) -> None:
    with pytest.raises(FileRefused, match="not as long as its header says") as caught:
        examine(BytesIO(glb(1000, says=says)), GLB, max_bytes=10_000)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("kind", "data"),
    [(GLB, glb(1000)), (GLB, glb(20, says=2**32 - 1)), (IMAGE, PNG + bytes(992))],
)
def test_too_large(kind: FileKind, data: bytes) -> None:
    with pytest.raises(FileRefused, match="more than the 999 bytes") as caught:
        examine(BytesIO(data), kind, max_bytes=999)
    assert caught.value.permanent


def test_the_file_is_left_at_its_start() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(glb())
        examine(file, GLB, max_bytes=1000)
        assert file.read() == glb()


@pytest.mark.parametrize("announced", [None, 1000, 999, 5000])
def test_no_byte_is_asked_for_in_vain(announced: int | None) -> None:
    """A lie is found out by the first twelve bytes, and by the announcement before any."""
    source, asked = BytesIO(glb(1000, says=1001)), list[int]()

    def read(size: int) -> bytes:
        asked.append(size)
        return source.read(size)

    written = BytesIO()
    with pytest.raises(FileRefused):
        transfer(read, written.write, GLB, max_bytes=1000, announced=announced)
    assert asked == ([] if announced == 5000 else [12])
    assert written.getvalue() == b""
