"""Connections: to which address, by which name, with which certificate, and for how long."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import repeat
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import trustme

from django_avaturn.client.pinning import tls_context
from django_avaturn.exceptions import DownloadFailed, DownloadRefused

from .files import (
    NAME,
    PATH,
    SECRET,
    FileHost,
    Internet,
    Reply,
    byte_by_byte,
    fails,
    fetch,
    glb,
    no_link_in,
    redirect,
    serving,
    whole,
)

PUBLIC = "93.184.216.34"


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
    internet = Internet(monkeypatch)
    internet.names[NAME] = [[PUBLIC]]
    return internet


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


@contextmanager
def secure(ca: trustme.CA, *names: str) -> Iterator[FileHost]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    with serving(tls=context) as host:
        context.sni_callback = lambda _socket, name, _context: host.server_names.append(name)
        host.replies_with(whole(glb()))
        yield host


def dripping(host: FileHost, part: str) -> None:
    """A byte every 20 ms, for some seconds."""
    starts = {
        "status": b"H" + b"T" * 150,
        "headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 25,
        "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 6,
    }
    if part in starts:
        host.before = lambda connection: drip(host, connection, starts[part])
    body = [glb(12, says=10_000), *repeat(b"x", 150)]
    host.replies_with(Reply(body, length=10_000, pause=0.02))
    if part == "chunks":
        chunked = {"Transfer-Encoding": "chunked"}
        host.replies_with(Reply(repeat(b"0", 150), headers=chunked, pause=0.02))


def drip(host: FileHost, connection: socket.socket, data: bytes) -> None:
    for byte in byte_by_byte(data):
        connection.sendall(byte)
        if host.stopping.wait(0.02):
            return


@pytest.mark.parametrize("part", ["status", "headers", "continue", "body", "chunks"])
def test_dripping(part: str, host: FileHost) -> None:
    """Each byte comes in time, and yet the deadline holds."""
    dripping(host, part)
    started = monotonic()
    with fails(DownloadFailed, "not send the file in time"):
        fetch(host, timeout=(5.0, 5.0), deadline=0.3)
    assert 0.25 < monotonic() - started < 1


@pytest.mark.parametrize("limits", [{"timeout": (5.0, 0.2)}, {"deadline": 0.2}])
@pytest.mark.parametrize("part", ["head", "body"])
def test_silence(part: str, limits: dict[str, Any], host: FileHost) -> None:
    if part == "head":
        host.before = lambda connection: host.stopping.wait(10) and None
    host.replies_with(Reply(glb(1000)[:500], length=1000, hold=True))
    started = monotonic()
    with fails(DownloadFailed, "not send the file in time"):
        fetch(host, **limits)
    assert 0.15 < monotonic() - started < 1


def test_redirects_share_the_deadline(host: FileHost) -> None:
    late = threading.Event()
    host.before = lambda connection: late.wait(0.2) and None
    host.replies_with(redirect(PATH), redirect(PATH), redirect(PATH), whole(glb()))
    with fails(DownloadFailed, "not send the file in time"):
        fetch(host, timeout=(5.0, 0.5), deadline=0.5)
    assert host.connections == 3


def test_no_time_at_all(host: FileHost) -> None:
    with fails(DownloadFailed, "not send the file in time"):
        fetch(host, deadline=0.0)
    assert host.connections == 0


def test_a_host_that_takes_no_connection() -> None:
    """Its queue is full, so what comes next is dropped and not refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door, ExitStack() as queue:
        place = door.getsockname()
        with suppress(TimeoutError):
            while True:
                queue.enter_context(socket.create_connection(place, timeout=0.2))
        netloc = f"127.0.0.1:{place[1]}"
        with fails(DownloadFailed, "not send the file in time"):
            fetch(url=f"http://{netloc}{PATH}", hosts=[netloc], timeout=(0.2, 5.0))


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6() -> None:
    with serving(family=socket.AF_INET6) as host:
        host.replies_with(whole(glb()))
        assert fetch(host)[1] == glb()
        assert f"Host: {host.netloc}\r\n" in host.requests[0]


@pytest.mark.usefixtures("trusted")
class TestTLS:
    def test_pinned(self, ca: trustme.CA, internet: Internet) -> None:
        """Connected to the address that was checked, and certificate and Host have the name."""
        internet.names[NAME] = [[PUBLIC], ["127.0.0.1"], ["10.0.0.7"]]
        with secure(ca, NAME) as internet.host:
            assert fetch(hosts=[NAME])[1] == glb()
            assert internet.host.server_names == [NAME]
            assert f"Host: {NAME}\r\n" in internet.host.requests[0]
        assert internet.looked_up == [NAME]
        assert internet.connected == [(PUBLIC, 443)]

    def test_each_host_of_a_redirect_is_pinned(self, ca: trustme.CA, internet: Internet) -> None:
        internet.names["cdn.example.com"] = [["8.8.8.8"]]
        with secure(ca, NAME, "cdn.example.com") as internet.host:
            internet.host.replies_with(redirect("https://CDN.example.com.:8443/x"), whole(glb()))
            assert fetch(hosts=[".example.com", "cdn.example.com:8443"])[1] == glb()
            assert internet.host.server_names == [NAME, "cdn.example.com"]
            assert "Host: cdn.example.com:8443\r\n" in internet.host.requests[1]
        assert internet.looked_up == [NAME, "cdn.example.com"]
        assert internet.connected == [(PUBLIC, 443), ("8.8.8.8", 8443)]

    def test_a_redirect_to_a_private_address(self, ca: trustme.CA, internet: Internet) -> None:
        internet.names["inside.example.com"] = [["10.0.0.7"]]
        with secure(ca, NAME) as internet.host:
            internet.host.replies_with(redirect(f"https://inside.example.com/{SECRET}"))
            with fails(DownloadRefused, "address that is not public", permanent=True):
                fetch(hosts=[".example.com"])
        assert internet.connected == [(PUBLIC, 443)]

    def test_a_redirect_back_is_looked_up_anew(self, ca: trustme.CA, internet: Internet) -> None:
        internet.names[NAME] = [[PUBLIC], ["127.0.0.1"]]
        with secure(ca, NAME) as internet.host:
            internet.host.replies_with(redirect("/b"), whole(glb()))
            with fails(DownloadRefused, "address that is not public", permanent=True):
                fetch(hosts=[NAME])
        assert internet.connected == [(PUBLIC, 443)]

    @pytest.mark.parametrize("name", ["evil.example", PUBLIC, "*.files.example.com"])
    def test_a_certificate_for_another_name(
        self, name: str, ca: trustme.CA, internet: Internet
    ) -> None:
        with secure(ca, name) as internet.host:
            with fails(DownloadFailed, "CertVerif|Certificate"):
                fetch(hosts=[NAME])
            assert internet.host.requests == []

    def test_a_certificate_of_strangers(
        self, internet: Internet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with secure(trustme.CA(), NAME) as internet.host:
            with fails(DownloadFailed, "CertVerif|Certificate"):
                fetch(hosts=[NAME])
            assert internet.host.requests == []

    def test_the_usual_certificates(
        self, ca: trustme.CA, internet: Internet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        with secure(ca, NAME) as internet.host, fails(DownloadFailed, "CertVerif|Certificate"):
            fetch(hosts=[NAME])

    def test_an_address_that_does_not_answer(self, ca: trustme.CA, internet: Internet) -> None:
        internet.names[NAME] = [["8.8.8.8", PUBLIC]]
        internet.unreachable = {"8.8.8.8"}
        with secure(ca, NAME) as internet.host:
            assert fetch(hosts=[NAME])[1] == glb()
        assert internet.connected == [("8.8.8.8", 443), (PUBLIC, 443)]

    def test_no_address_that_answers(self, internet: Internet) -> None:
        with fails(DownloadFailed, "could not be reached"):
            fetch(hosts=[NAME])
        assert internet.connected == [(PUBLIC, 443)]

    @pytest.mark.parametrize("limits", [{"timeout": (0.2, 5.0)}, {"deadline": 0.2}])
    def test_a_handshake_that_does_not_end(
        self, limits: dict[str, Any], ca: trustme.CA, internet: Internet
    ) -> None:
        with secure(ca, NAME) as internet.host:
            stopping = internet.host.stopping
            internet.host.before = lambda connection: stopping.wait(10) and None
            with fails(DownloadFailed, "not send the file in time"):
                fetch(hosts=[NAME], **limits)

    def test_dripping_headers(self, ca: trustme.CA, internet: Internet) -> None:
        with secure(ca, NAME) as host:
            internet.host = host
            slow = Reply(pause=0.02)
            slow.head = lambda: b"HTTP/1.1 200 OK\r\n"  # type: ignore[method-assign]
            slow.body = byte_by_byte(b"X: y\r\n" * 25)
            host.replies_with(slow)
            started = monotonic()
            with fails(DownloadFailed, "not send the file in time"):
                fetch(hosts=[NAME], deadline=0.5)
            assert 0.3 < monotonic() - started < 1.5
            assert host.sent > 5

    def test_the_roots_are_loaded_once(self, ca: trustme.CA, internet: Internet) -> None:
        tls_context.cache_clear()
        with secure(ca, NAME) as internet.host:
            fetch(hosts=[NAME])
            fetch(hosts=[NAME])
        assert (tls_context.cache_info().misses, tls_context.cache_info().hits) == (1, 1)
