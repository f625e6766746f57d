"""What can be wrong with a file, in the process and over a socket."""

import contextlib
import http.client
import struct
import threading
import time
import tracemalloc

import pytest

from django_avaturn.sandbox import Fault, SandboxServer
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import LARGEST, model_bytes, model_stream
from tests.sandbox.conftest import Caller

MODEL = model_bytes(Look())


@pytest.fixture
def link(call, sandbox):
    sandbox.at_once = True
    avatar = sandbox.add_avatar(sandbox.add_user(), Look())
    return call("POST", f"/api/v1/exports/new?avatar_id={avatar}").json()["url"]


@pytest.fixture
def fetch(server, link):
    """GET the link over a socket; the answer is read by the test."""
    connections = []

    def go():
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connections.append(connection)
        connection.request("GET", link.removeprefix("http://sandbox.test"))
        return connection.getresponse()

    yield go
    for connection in connections:
        connection.close()


def test_a_truncated_file_is_announced_as_whole(sandbox, fetch):
    sandbox.fail_next("downloadFile", truncate=1000)

    answer = fetch()

    assert answer.headers["Content-Length"] == str(len(MODEL))
    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    assert broken.value.partial == MODEL[:1000]
    assert fetch().read() == MODEL


def test_a_cut_file_lies_only_in_its_own_header(sandbox, fetch):
    sandbox.fail_next("downloadFile", cut=1000)

    answer = fetch()
    body = answer.read()

    assert answer.headers["Content-Length"] == "1000"
    assert body == MODEL[:1000]
    assert struct.unpack_from("<4sII", body) == (b"glTF", 2, len(MODEL))


def test_an_endless_file_runs_until_the_caller_goes_away(server, sandbox, fetch):
    sandbox.fail_next("downloadFile", endless=True)

    answer = fetch()

    assert "Content-Length" not in answer.headers
    assert answer.headers["Connection"] == "close"
    body = answer.read(len(MODEL) + 5_000_000)
    assert body == MODEL + bytes(5_000_000)
    answer.close()
    assert fetch().read() == MODEL


def test_an_endless_file_ends_with_the_server(sandbox, link):
    sandbox.faults.standing(Fault("downloadFile", endless=True))
    with SandboxServer(sandbox) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.request("GET", link.removeprefix("http://sandbox.test"))
        answer = connection.getresponse()
        assert len(answer.read(100_000)) == 100_000
    with contextlib.suppress(ConnectionError):
        while answer.read(1_000_000):  # a time-out, were it not to end
            pass
    connection.close()


def test_an_endless_body_has_no_whole(call, sandbox, link):
    sandbox.fail_next("downloadFile", endless=True, body=b"start")
    answer = call("GET", link)

    with pytest.raises(ValueError, match="no end"):
        answer.body  # noqa: B018
    pieces = answer.pieces()
    assert (answer.length, next(pieces)) == (None, b"start")
    assert set(next(pieces)) == set(next(pieces)) == {0}


def test_a_slow_file_comes_in_chunks(sandbox, fetch):
    size = len(MODEL) // 10 + 1
    sandbox.fail_next("downloadFile", drip=0.05, drip_bytes=size)
    begun = time.monotonic()

    assert fetch().read() == MODEL
    assert 0.4 < time.monotonic() - begun < 5


def test_a_file_may_be_a_page(call, sandbox, link):
    sandbox.fail_next("downloadFile", body="<html>", content_type="text/html")

    answer = call("GET", link)

    assert (answer.status, answer.content_type, answer.body) == (200, "text/html", b"<html>")


@pytest.mark.parametrize(("status", "told"), [(None, 302), (307, 307)])
def test_a_file_may_be_elsewhere(call, sandbox, link, status, told):
    sandbox.fail_next("downloadFile", location="http://169.254.169.254/", status=status)

    answer = call("GET", link)

    assert (answer.status, answer.headers["Location"]) == (told, "http://169.254.169.254/")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_link_may_be_over(call, sandbox, link, status):
    sandbox.fail_next("downloadFile", status=status)

    assert call("GET", link).status == status
    assert call("GET", link).status == 200


def test_several_downloads_can_be_spoiled(call, sandbox, link):
    sandbox.fail_next("downloadFile", cut=5, times=2)

    assert [len(call("GET", link).body) for _ in range(3)] == [5, 5, len(MODEL)]


@pytest.mark.parametrize("size", [0, 5, 500_000, 10**9])
def test_a_large_model_can_be_cut_anywhere(call, sandbox, link, size):
    sandbox.export_bytes = 1_000_000
    whole = call("GET", link).body
    sandbox.fail_next("downloadFile", cut=size)

    answer = call("GET", link)

    assert answer.body == whole[:size]
    assert answer.length == min(size, len(whole))


def test_pictures_and_lasting_links_have_operations_of_their_own(call, sandbox):
    for operation, path in (
        ("downloadRender", "/files/x.png"),
        ("downloadExport", "/avatars/exports/x/model"),
    ):
        sandbox.fail_next(operation, status=410)
        assert call("GET", path).status == 410
        assert sandbox.count(operation) == 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"cut": 5}, (200, 5, 5)),
        ({"truncate": 5}, (200, 5, len(MODEL))),
        ({"location": "/x"}, (302, 18, 18)),
        ({"drip": 0.5, "drip_bytes": 1000}, (200, len(MODEL), len(MODEL))),
    ],
    ids=str,
)
def test_file_faults_come_over_http(call, sandbox, link, wanted, expected):
    call("POST", "/_sandbox/faults", {"operation": "downloadFile", **wanted}, token=None)

    answer = call("GET", link)

    assert (answer.status, len(answer.body), answer.length) == expected
    assert (answer.drip, answer.drip_bytes) == (wanted.get("drip"), wanted.get("drip_bytes", 1))


def test_endless_comes_over_http(call, sandbox, link):
    call("POST", "/_sandbox/faults", {"endless": True}, token=None)

    assert call("GET", link).length is None


@pytest.mark.parametrize("size", [len(MODEL) + 1, len(MODEL) + 8, 3_000_001, 100_000_000])
def test_padding_makes_a_valid_model_of_the_size(size):
    stream = model_stream(Look(), size)
    first = next(stream.pieces())

    assert size <= stream.length < size + 16
    assert sum(len(piece) for piece in stream.pieces()) == stream.length
    assert struct.unpack_from("<4sII", first) == (b"glTF", 2, stream.length)
    length, kind = struct.unpack_from("<I4s", first, len(MODEL))
    assert (length, kind) == (stream.length - len(MODEL) - 8, b"PAD0")
    assert first[12 : len(MODEL)] == MODEL[12:]


def test_no_model_is_longer_than_its_header_can_say():
    assert model_stream(Look(), 10**12).length == LARGEST


def test_a_large_model_takes_no_memory(call, sandbox, server, fetch):
    sandbox.export_bytes = 100_000_000
    buffer = bytearray(1_000_000)
    tracemalloc.start()
    try:
        answer = fetch()
        got = 0
        while count := answer.readinto(buffer):
            got += count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert got == int(answer.headers["Content-Length"])
    assert 100_000_000 <= got < 100_000_016
    assert peak < 8_000_000


def test_a_request_for_the_head_of_an_endless_file_ends(server, sandbox, link):
    sandbox.fail_next("downloadFile", endless=True)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("HEAD", link.removeprefix("http://sandbox.test"))

    assert connection.getresponse().read() == b""
    connection.close()


def test_many_large_downloads_do_not_hold_up_the_api(server, sandbox, fetch):
    sandbox.faults.standing(Fault("downloadFile", drip=60))
    for _ in range(3):
        fetch()

    answered = threading.Event()
    worker = threading.Thread(target=lambda: Caller(sandbox)("GET", "/") and answered.set())
    worker.start()
    assert answered.wait(10)
    worker.join()
