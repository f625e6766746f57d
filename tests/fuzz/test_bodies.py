"""Bodies that we write, and data URLs that we read."""

from __future__ import annotations

import base64
from io import BytesIO

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser
from hypothesis import given
from hypothesis import strategies as st

from django_avaturn.client.multipart import Multipart
from django_avaturn.exceptions import FileRefused
from django_avaturn.services.exports import _decoded

from .inputs import ANY_TEXT, tries

NAMES = st.from_regex("[a-z][a-z0-9-]{0,12}", fullmatch=True)
# A form is UTF-8, and a parser may take any line end for any other.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
LINES = st.lists(st.sampled_from([b"\r\n", b"--", b"\n", b"\r", b'"', b"x"])).map(b"".join)
CONTENTS = st.binary(max_size=200) | LINES | st.integers(0, 140_000).map(bytes)


@tries(150)
@given(
    texts=st.dictionaries(NAMES, TEXTS, max_size=3),
    files=st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=3),
)
def test_django_reads_the_form_that_we_write(texts, files):
    form = Multipart(texts, {name: BytesIO(data) for name, data in files.items()})
    body = b"".join(form)
    assert len(body) == len(form)
    meta = {"CONTENT_TYPE": form.content_type, "CONTENT_LENGTH": str(len(form))}
    handler = MemoryFileUploadHandler()
    handler.handle_raw_input(BytesIO(body), meta, len(body), b"")
    post, uploads = MultiPartParser(meta, BytesIO(body), [handler], "utf-8").parse()
    assert post.dict() == texts
    assert {name: file.read() for name, file in uploads.items()} == files


@tries(200)
@given(url=ANY_TEXT.map("data:{}".format) | ANY_TEXT.map("data:;base64,{}".format))
def test_data_urls(url):
    try:
        data = _decoded(url).read()
    except FileRefused:
        return
    assert url.partition(",")[2] == base64.b64encode(data).decode()


@tries(100)
@given(data=st.binary(max_size=200), kind=st.sampled_from(["", "model/gltf-binary", "a;b=c"]))
def test_data_urls_that_are_whole(data, kind):
    assert _decoded(f"data:{kind};base64,{base64.b64encode(data).decode()}").read() == data
