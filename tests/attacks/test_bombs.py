"""Small requests and answers that would become large ones."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from uuid import uuid4

import pytest

from django_avaturn import services
from django_avaturn.exceptions import AvaturnUnavailable
from tests.attacks.routes import OWN, REFUSED
from tests.client.server import Answer, running

pytestmark = pytest.mark.django_db

MIB = 2**20


@pytest.fixture
def peak():
    """How many bytes of memory were in use at most since the last call."""
    tracemalloc.start()

    def measure():
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        return most

    yield measure
    tracemalloc.stop()


def packed(times, size=200 * MIB):
    body = b"[" + b" " * size + b"]"
    for _ in range(times):
        body = gzip.compress(body, 9 if times > 1 else 1)
    return body


HALF = gzip.compress(b'{"id": "x"}')
PACKED = {
    "once": ("gzip", packed(1)),
    "twice": ("gzip, gzip", packed(2)),
    "three times": ("gzip, gzip, gzip", packed(3)),
    "in two headers of one line": ("gzip,gzip", packed(2, MIB)),
    "deflate": ("deflate", zlib.compress(b" " * MIB)),
    "raw deflate": ("deflate", zlib.compress(b" " * MIB)[2:-4]),
    "brotli": ("br", b"\x8b\x7f\x80" + bytes(200)),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd" + bytes(200)),
    "compress": ("compress", b"\x1f\x9d\x90" + bytes(200)),
    "cut off": ("gzip", HALF[:-12]),
    "no gzip at all": ("gzip", b'{"id": "x"}'),
    "a name of its own": ("evil\x0b", b'{"id": "x"}'),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_answer_of_avaturn(ann, configure, peak, name):
    encoding, body = PACKED[name]
    with running() as server:
        server.answers(Answer(200, body, {"Content-Encoding": encoding}))
        configure(API_URL=server.url)
        peak()
        with pytest.raises(AvaturnUnavailable):
            services.get_profile(ann)
        assert peak() < 40 * MIB


LONG = b'{"x": "' + b"a" * (3 * MIB) + b'"}'
FORM = "multipart/form-data; boundary=b"


def part(name, content=b"x", more=b""):
    return b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
        name,
        more,
        content,
    )


END = b"--b--\r\n"
BODIES = {
    "long JSON": (LONG, "application/json"),
    "JSON that unpacks": (zlib.compress(LONG * 100), "application/json; charset=zlib"),
    "JSON that unpacks, by bz2": (zlib.compress(LONG), "application/json; charset=bz2"),
    "a charset that is no text": (b'{"a": 1}', "application/json; charset=rot13"),
    "a charset nobody has": (b'{"a": 1}', "application/json; charset=klingon"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "application/json; charset=utf-16"),
    "deep JSON": (b'{"avatar_id": ' + b"[" * 100_000, "application/json"),
    "a huge number": (b'{"avatar_id": ' + b"9" * 1_000_000 + b"}", "application/json"),
    "infinity": (b'{"active": Infinity, "avatar_id": NaN}', "application/json"),
    "surrogates": (b'{"avatar_id": "\\ud800", "type": "\\ud800"}', "application/json"),
    "NUL": (b'{"avatar_id": "\\u0000", "type": "\\u0000"}', "application/json"),
    "gzip": (gzip.compress(b'{"active": true}'), "application/json"),
    "many parts": (b"".join(part(b"p%d" % n) for n in range(1200)) + END, FORM),
    "300 files": (b"".join(part(b"p", b"", b'; filename="f"') for _ in range(300)) + END, FORM),
    "one long part": (part(b"type", b"x" * 3 * MIB) + END, FORM),
    "a part's head without end": (b"--b\r\n" + b"X-A: " + b"y" * MIB, FORM),
    "a thousand headers": (b"--b\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n\r\nx\r\n" + END, FORM),
    "no boundary": (part(b"type") + END, "multipart/form-data"),
    "a long boundary": (b"x", "multipart/form-data; boundary=" + "b" * 5000),
    "base64 that is none": (
        part(b"type", b"!", b"\r\nContent-Transfer-Encoding: base64") + END,
        FORM,
    ),
    "many fields": (
        b"&".join(b"f%d=1" % n for n in range(1200)),
        "application/x-www-form-urlencoded",
    ),
    "one long field": (b"f=" + b"x" * 3 * MIB, "application/x-www-form-urlencoded"),
    "packed fields": (zlib.compress(b"f=1"), "application/x-www-form-urlencoded; charset=zlib"),
    "no kind": (b"x", ""),
    "XML": (b"<a/>", "application/xml"),
}
SMALL = {"a charset nobody has", "UTF-16", "surrogates", "NUL", "base64 that is none", "no kind"}
"""These may be taken for something, but must not be an error of ours."""
WRITES = {case.route: case for case in REFUSED + OWN if case.method in ("post", "patch", "put")}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_refused_on_every_route(as_ann, theirs, name):
    body, kind = BODIES[name]
    for case in WRITES.values():
        method = case.method.upper()
        answer = as_ann.generic(method, case.path(theirs.pk), body, content_type=kind)
        assert answer.status_code < 500
        assert name in SMALL or answer.status_code >= 400


@pytest.mark.parametrize("name", [name for name in BODIES if "JSON" in name or "long" in name])
def test_bodies_do_not_grow(as_ann, peak, name):
    body, kind = BODIES[name]
    peak()
    as_ann.generic("POST", "/avatar/sessions/", body, content_type=kind)
    assert peak() < 8 * MIB + 4 * len(body)


@pytest.mark.parametrize("route", ["session-list", "export-list", "render-list", "avatar-list"])
@pytest.mark.parametrize(
    "kind", ["application/json", FORM, "application/x-www-form-urlencoded", "x/y"]
)
def test_length_is_looked_at_before_anything_is_read(as_ann, theirs, route, kind):
    path = WRITES[route].path(theirs.pk)
    unread = {"CONTENT_LENGTH": str(10**12), "wsgi.input": Unreadable()}
    answer = as_ann.generic("POST", path, b"", content_type=kind, **unread)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


class Unreadable:
    """A body that it is an error to read."""

    def read(self, *args):
        raise AssertionError("it was read")

    readline = read


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "²", "0x10", " "])
def test_length_that_is_none(as_ann, length):
    answer = as_ann.generic("POST", "/avatar/sessions/", b"{}", CONTENT_LENGTH=length)
    assert answer.status_code < 500


def test_usual_bodies_are_taken(as_ann, sandbox):
    """The cases above would not fail where nothing works at all."""
    for kind in ("application/json", "application/json; charset=UTF-8"):
        body = json.dumps({"type": "create"})
        assert as_ann.generic("POST", "/avatar/sessions/", body, kind).status_code == 201
    assert as_ann.post("/avatar/sessions/", {"type": "create"}).status_code == 201
    assert as_ann.post(f"/avatar/avatars/{uuid4()}/exports/", {}).status_code == 404
