"""Downloads from a host on a real socket: what arrives, what is refused, and how little of it."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from django_avaturn.client import GLB, IMAGE, Downloaded
from django_avaturn.exceptions import DownloadFailed, DownloadRefused, FileRefused

from .files import (
    MIB,
    NAME,
    PATH,
    SECRET,
    FileHost,
    Internet,
    Reply,
    fails,
    fetch,
    glb,
    no_link_in,
    redirect,
    serving,
    whole,
)

ENDLESS = Reply(repeat(bytes(64 * 1024)))


@pytest.fixture(autouse=True)
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hear all loggers, and find no link in what they said."""
    with no_link_in(caplog):
        yield


@pytest.fixture
def host() -> Iterator[FileHost]:
    with serving() as host:
        yield host


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


@pytest.mark.parametrize("size", [12, 1000, 300_000, 3 * MIB])
@pytest.mark.parametrize("way", ["length", "close", "chunked", "drip"])
def test_a_model(way: str, size: int, host: FileHost) -> None:
    data = glb(size)
    pieces = [data[:5], data[5:11], data[11:40], data[40:]]
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece] + [b"0\r\n\r\n"]
    replies = {
        "length": whole(data),
        "close": Reply(data),
        "chunked": Reply(chunks, headers={"Transfer-Encoding": "chunked"}),
        "drip": Reply(pieces, length=size, pause=0.01),
    }
    host.replies_with(replies[way])
    facts, got = fetch(host, max_bytes=size)
    assert got == data
    sha256 = hashlib.sha256(data).hexdigest()
    assert facts == Downloaded(size=size, sha256=sha256, content_type="model/gltf-binary")
    assert host.connections == len(host.requests) == 1


def test_a_picture(host: FileHost) -> None:
    data = b"\x89PNG\r\n\x1a\n" + bytes(1000)
    host.replies_with(whole(data, headers={"Content-Type": "text/html"}))
    facts, got = fetch(host, kind=IMAGE)
    assert (got, facts.content_type) == (data, "image/png")


def test_nothing_else_is_sent(
    host: FileHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No login from .netrc, no cookie of an earlier answer, no proxy, no compression."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password something")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("NO_PROXY")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    cookie = {"Set-Cookie": "a=b; Path=/"}
    host.replies_with(Reply(status=302, headers={**cookie, "Location": "/b"}), whole(glb()))
    fetch(host)
    first, second = host.requests
    assert first.startswith(f"GET {PATH} HTTP/1.1\r\n")
    assert second.startswith("GET /b HTTP/1.1\r\n")
    for request in host.requests:
        names = {line.split(":")[0].lower() for line in request.split("\r\n")[1:] if line}
        assert names == {"host", "user-agent", "accept", "accept-encoding"}
        assert f"Host: {host.netloc}\r\n" in request
        assert "Accept-Encoding: identity\r\n" in request


@pytest.mark.parametrize("status", [204, 206, 304, 400, 403, 404, 410, 429, 500, 503])
def test_other_statuses(status: int, host: FileHost) -> None:
    host.replies_with(whole(glb(), status=status, headers={"Retry-After": "0"}))
    with fails(DownloadFailed, f"answered with status {status}") as caught:
        fetch(host)
    assert caught.value.status == status
    assert host.connections == 1  # not repeated in here


def test_a_redirect_that_leads_nowhere(host: FileHost) -> None:
    host.replies_with(Reply(status=302, length=0))
    with fails(DownloadFailed, "answered with status 302"):
        fetch(host)
    assert host.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(status: int, host: FileHost) -> None:
    steps = [redirect("/b", status), redirect("c?d", status), redirect(host.url, status)]
    host.replies_with(*steps, whole(glb()))
    assert fetch(host)[1] == glb()
    assert [request.split()[1] for request in host.requests] == [PATH, "/b", "/c?d", PATH]


def test_a_loop(host: FileHost) -> None:
    host.replies_with(redirect(PATH))
    with fails(DownloadRefused, "more than 3 times"):
        fetch(host)
    assert host.connections == 4


@pytest.mark.parametrize(
    "location",
    [
        f"https://evil.example/{SECRET}",
        f"http://127.0.0.1:1/{SECRET}",
        f"http://localhost/{SECRET}",
        "http://169.254.169.254/latest/meta-data/",
        f"file:///etc/{SECRET}",
        f"ftp://127.0.0.1/{SECRET}",
        f"//user:{SECRET}@127.0.0.1/",
        f"http://[{SECRET}",
        f"/a b{SECRET}",
    ],
)
def test_redirects_to_elsewhere(location: str, host: FileHost, internet: Internet) -> None:
    internet.host = host
    host.replies_with(redirect(location), whole(glb()))
    with fails(DownloadRefused, permanent=True):
        fetch(host)
    assert (len(internet.connected), internet.looked_up) == (1, [])


@pytest.mark.parametrize("url", [f"http://{NAME}{PATH}", f"https://evil.example{PATH}", PATH])
def test_links_that_are_not_asked(url: str, internet: Internet) -> None:
    with fails(DownloadRefused, permanent=True):
        fetch(url=url, hosts=[NAME, f"{NAME}:80"])
    assert internet.looked_up == internet.connected == []


@pytest.mark.parametrize("kind", [GLB, IMAGE])
def test_another_kind_of_file(kind: Any, host: FileHost) -> None:
    """The first bytes suffice, whatever is still to come."""
    host.replies_with(Reply(b"<!doctype html>", length=50 * MIB, hold=True))
    with fails(FileRefused, f"not a {kind.name}"):
        fetch(host, kind=kind)
    assert host.hung_up.wait(5)


def test_an_endless_file_of_another_kind(host: FileHost) -> None:
    host.replies_with(ENDLESS)
    with fails(FileRefused, "not a GLB"):
        fetch(host)
    assert host.hung_up.wait(5)
    assert host.sent < MIB  # what the network holds by itself


@pytest.mark.parametrize("says", [2000, 65 * MIB, 2**32 - 1])
def test_a_header_that_lies(says: int, host: FileHost) -> None:
    host.replies_with(Reply(glb(20, says=says), length=1000, hold=True))
    with fails(FileRefused, permanent=says > 64 * MIB):
        fetch(host)


def test_a_model_that_ends_early(host: FileHost) -> None:
    host.replies_with(Reply(glb(1000, says=1001)))
    with fails(FileRefused, "not as long as"):
        fetch(host)


def test_a_model_that_goes_on(host: FileHost) -> None:
    host.replies_with(Reply([glb(1000), *repeat(bytes(1000), 100_000)]))
    with fails(FileRefused, "not as long as"):
        fetch(host)
    assert host.hung_up.wait(5)
    assert host.sent < MIB


@pytest.mark.parametrize("length", [1001, 10**18])
def test_a_length_over_the_cap(length: int, host: FileHost) -> None:
    host.replies_with(Reply(length=length, hold=True))
    with fails(FileRefused, "more than the 1000 bytes", permanent=True):
        fetch(host, max_bytes=1000)


def test_an_endless_picture(host: FileHost) -> None:
    host.replies_with(Reply([b"\xff\xd8\xff", *repeat(bytes(64 * 1024), 500)]))
    into = BytesIO()
    with fails(FileRefused, "more than the 500000 bytes", permanent=True):
        fetch(host, kind=IMAGE, max_bytes=500_000, into=into)
    assert host.hung_up.wait(5)
    assert host.sent < 12 * MIB  # of 32: sockets hold some MiB where the machine is busy
    assert len(into.getvalue()) <= 500_000


@pytest.mark.parametrize("length", ["-1", "1e3", "+5", "0x10", "5, 6", "9" * 5000, "²"])
def test_a_length_that_is_none(length: str, host: FileHost) -> None:
    host.replies_with(Reply(glb(), headers={"Content-Length": length}))
    with fails(DownloadFailed):
        fetch(host)


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", SECRET])
def test_encoded_answers(encoding: str, host: FileHost) -> None:
    host.replies_with(whole(glb(), headers={"Content-Encoding": encoding}))
    with fails(DownloadRefused, "encoding nobody asked for"):
        fetch(host)


def test_cut_off(host: FileHost) -> None:
    host.replies_with(Reply(glb(1000)[:700], length=1000))
    with fails(DownloadFailed, "could not be reached"):
        fetch(host)


@pytest.mark.parametrize(
    "body", [b"3e8\r\n" + glb(1000)[:700], b"3e8\r\n" + glb(1000) + b"\r\n", b"zz\r\n" + glb(1000)]
)
def test_cut_off_between_chunks(body: bytes, host: FileHost) -> None:
    host.replies_with(Reply(body, headers={"Transfer-Encoding": "chunked"}))
    with fails(DownloadFailed, "could not be reached"):
        fetch(host)


def test_no_http(host: FileHost) -> None:
    host.before = lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n") or None
    host.replies_with(Reply())
    with fails(DownloadFailed, "could not be reached"):
        fetch(host)


def test_headers_that_cannot_be_parsed(host: FileHost, caplog: Any) -> None:
    """urllib3 would log the whole address."""
    host.replies_with(whole(glb(), headers={f"no header\r\n {SECRET}": "", "X": "y"}))
    fetch(host)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        netloc = f"127.0.0.1:{taken.getsockname()[1]}"
    with fails(DownloadFailed, "could not be reached"):
        fetch(url=f"http://{netloc}{PATH}", hosts=[netloc])


def test_errors_of_the_file_come_through(host: FileHost) -> None:
    host.replies_with(whole(glb(3 * MIB)))
    with open(os.devnull, "rb") as read_only, pytest.raises(OSError, match=r"write|writable"):
        fetch(host, into=read_only)
    assert host.hung_up.wait(5)
