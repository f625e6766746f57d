import random

import pytest

from django_avaturn.sandbox import Request
from django_avaturn.sandbox.multipart import Part, read_form

TYPE = "multipart/form-data; boundary=b"
WORD = b'Content-Disposition: form-data; name="word"\r\n\r\n'


def read(body, content_type=TYPE):
    return read_form(Request("POST", "/", {"content-type": content_type}, body))


def test_any_bytes_come_out_as_they_went_in():
    content = random.Random(1).randbytes(50_000) + b"\r\n--\r\n--c\r\n\r\n\n\r\x00--b"
    head = b'Content-Disposition: form-data; name="f"; filename="x y.jpg"\r\n'
    head += b"Content-Type: image/jpeg\r\n\r\n"

    assert read(b"--b\r\n" + head + content + b"\r\n--b--\r\n") == {
        "f": Part("x y.jpg", "image/jpeg", content)
    }


@pytest.mark.parametrize(
    "content_type",
    [TYPE, 'multipart/form-data; boundary="b"', "Multipart/Form-Data;charset=utf-8; Boundary=b"],
)
@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\n" + WORD + b"hello\r\n--b--",
        b"preamble\r\n--b \t\r\n" + WORD + b"hello\r\n--b--\r\nepilogue --b--",
        b"--b\r\nX: y\r\n" + WORD + b"hello\r\n--b\r\n\r\nno name\r\n--b--\r\n",
    ],
)
def test_forms_are_read_however_they_are_wrapped(body, content_type):
    assert read(body, content_type) == {"word": Part("", "text/plain", b"hello")}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", TYPE),
        (b"hello", TYPE),
        (b"--b\r\n" + WORD + b"hel", TYPE),
        (b"--b\r\n" + WORD + b"hello\r\n--b\r\n" + WORD, TYPE),
        (b"--b\r\n" + WORD + b"hello\r\n--b--", "multipart/form-data"),
        (b"--\r\n" + WORD + b"hello\r\n----", "multipart/form-data; boundary="),
        (b"--b\r\n" + WORD + b"hello\r\n--b--", "multipart/mixed; boundary=b"),
        (b"word=hello", "application/x-www-form-urlencoded"),
        (b"--b\r\n" + WORD + b"hello\r\n--b--", ""),
    ],
)
def test_what_is_no_whole_form_is_none(body, content_type):
    assert read(body, content_type) is None


def test_an_empty_form_has_no_parts():
    assert read(b"--b--\r\n") == {}
