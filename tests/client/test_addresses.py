"""Which addresses are asked, and which never."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address
from time import monotonic
from typing import Any

import pytest

from django_avaturn.client.addresses import MAX_URL, Target, admit, is_public, join, resolve
from django_avaturn.exceptions import DownloadFailed, DownloadRefused

from .files import Internet
from .test_secrets import chain

HOSTS = (".avaturn.me", "files.example.com", "cdn.example.com:8443", "bücher.example")
PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.7"


def target(host: str, *hosts: str) -> Target:
    return admit(f"https://{host}/x", hosts or [host])


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://files.example.com/a.glb?s=1#f", "files.example.com", 443, "/a.glb?s=1"),
        ("https://files.example.com", "files.example.com", 443, "/"),
        ("https://files.example.com?s=1", "files.example.com", 443, "/?s=1"),
        ("HTTPS://FILES.Example.COM/A", "files.example.com", 443, "/A"),
        ("https://files.example.com:443/", "files.example.com", 443, "/"),
        ("https://files.example.com:/", "files.example.com", 443, "/"),
        ("https://files.example.com./a", "files.example.com", 443, "/a"),
        ("https://files.example.com//a/../b", "files.example.com", 443, "//a/../b"),
        ("https://cdn.example.com:8443/a", "cdn.example.com", 8443, "/a"),
        ("https://avaturn.me/a", "avaturn.me", 443, "/a"),
        ("https://api.avaturn.me/a", "api.avaturn.me", 443, "/a"),
        ("https://a.b.avaturn.me./a", "a.b.avaturn.me", 443, "/a"),
        ("https://files\u3002avaturn\u3002me/a", "files.avaturn.me", 443, "/a"),
        ("https://\uff21\uff30\uff29.avaturn.me/a", "api.avaturn.me", 443, "/a"),
        ("https://BÜCHER.example/a", "xn--bcher-kva.example", 443, "/a"),
        ("https://xn--bcher-kva.example/a", "xn--bcher-kva.example", 443, "/a"),
    ],
)
def test_admitted(url: str, host: str, port: int, path: str) -> None:
    admitted = admit(url, HOSTS)
    assert (admitted.host, admitted.port, admitted.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "https://avaturn.me.evil.example/",
        "https://evilavaturn.me/",
        "https://evil-avaturn.me/",
        "https://api.avaturn.me.evil.example/avaturn.me",
        "https://evil.example/?.avaturn.me",
        "https://evil.example#.avaturn.me",
        "https://me/",
        "https://sub.files.example.com/",
        "https://example.com/",
        "https://cdn.example.com/",
        "https://cdn.example.com:443/",
        "https://cdn.example.com:18443/",
        "https://files.example.com:8443/",
        "https://api.avaturn.me:22/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.7/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "https://bucher.example/",
    ],
)
def test_not_listed(url: str) -> None:
    with pytest.raises(DownloadRefused, match=r"is not in AVATURN\['DOWNLOAD_HOSTS'\]") as caught:
        admit(url, HOSTS)
    assert caught.value.permanent


# Each would be admitted if it were read as it is meant to be misread.
@pytest.mark.parametrize(
    "url",
    [
        "",
        "files.example.com/a",
        "//files.example.com/a",
        "https:files.example.com/a",
        "https:///files.example.com/a",
        "ftp://files.example.com/a",
        "file:///etc/passwd",
        "file://files.example.com/etc/passwd",
        "gopher://files.example.com/a",
        "data:model/gltf-binary;base64,Z2xURg==",
        "https://user@files.example.com/",
        "https://user:password@files.example.com/",
        "https://@files.example.com/",
        "https://files.example.com@evil.example/",
        "https://evil.example@files.example.com/",
        "https://files.example.com\\@evil.example/",
        "https://evil.example\\files.example.com/",
        "https://files.example.com%2eevil.example/",
        "https://%66iles.example.com/",
        "https://files.example.com\n/",
        "https://files.example.com/a\r\nHost: evil.example",
        "https://files.example.com/a b",
        "https://files.example.com/a\tb",
        "https://files.example.com/a\x00",
        "https://files.example.com/a\x7f",
        "https://files.example.com/a\x85b",
        " https://files.example.com/",
        "https://files.example.com:0/",
        "https://files.example.com:99999/",
        "https://files.example.com:+443/",
        "https://files.example.com:\uff14\uff14\uff13/",
        "https://files.example.com:443:443/",
        "https://files.example.com../",
        "https://.avaturn.me/",
        "https://a..avaturn.me/",
        "https://*.avaturn.me/",
        "https://a,b.avaturn.me/",
        "https://" + "a" * 64 + ".avaturn.me/",
        "https://" + "a." * 130 + "avaturn.me/",
        "https://files.example.com/" + "a" * MAX_URL,
        "https://files.example.com\u2044@evil.example/",
        "https://[files.example.com]/",
        "https://[::1/",
        "https://[::1%25lo]/",
        "https://[fe80::1%lo]/",
        "https://./",
    ],
)
def test_no_plain_address(url: str) -> None:
    with pytest.raises(DownloadRefused, match="not a plain https address") as caught:
        admit(url, (*HOSTS, "evil.example", "localhost", "[::1]", "[fe80::1]", ".me"))
    assert caught.value.permanent
    assert list(chain(caught.value)) == [caught.value]


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "127.0.0.01",
        "0",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.0x1",
        "a.1",
        "\uff11\uff12\uff17.1",
        "\u2460\u2461\u2466.1",
    ],
)
def test_odd_spellings_of_ip_addresses(host: str) -> None:
    """Refused even where they are listed, since not everybody reads them alike."""
    with pytest.raises(DownloadRefused, match="not a plain https address"):
        admit(f"https://{host}/", [host, "127.0.0.1", "0.0.0.1"])


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:8001/x", "127.0.0.1:8001"),
        ("http://localhost:8001/x", "LOCALHOST:8001"),
        ("http://localhost/x", "localhost"),
        ("http://[::1]:8001/x", "[::1]:8001"),
        ("http://[0:0:0:0:0:0:0:1]:8001/x", "[::1]:8001"),
        ("http://127.0.0.1:8001/x", "127.0.0.1.:8001"),
    ],
)
def test_plain_http_on_loopback(url: str, entry: str) -> None:
    assert admit(url, [entry]).exact


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://files.example.com/x", "files.example.com:80"),
        ("http://10.0.0.7/x", "10.0.0.7"),
        ("http://files.localhost/x", ".localhost"),
        ("http://localhost/x", ".localhost"),
        ("http://[::ffff:127.0.0.1]/x", "[::ffff:7f00:2]"),
    ],
)
def test_no_plain_http_elsewhere(url: str, entry: str) -> None:
    with pytest.raises(DownloadRefused, match=r"only be asked over https|is not in"):
        admit(url, [entry])


@pytest.mark.parametrize("entry", ["", ".", ":", "[", "https://a.example", "*", "a.example:x"])
def test_entries_that_mean_nothing_admit_nothing(entry: str) -> None:
    with pytest.raises(DownloadRefused):
        admit("https://a.example/", [entry])


def test_a_domain_entry_admits_no_ip_address() -> None:
    with pytest.raises(DownloadRefused, match="is not in"):
        admit("https://127.0.0.1/", [".0.0.1", ".1", ".127.0.0.1"])


def test_long_names_are_cut() -> None:
    with pytest.raises(DownloadRefused) as caught:
        admit(f"https://{'a.' * 100}example/", [])
    assert len(str(caught.value)) < 220


def test_the_path_is_not_shown() -> None:
    assert "secret" not in repr(admit("https://a.example/secret?secret", ["a.example"]))


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",
        "10.0.0.7",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.7",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a00:7::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
    ],
)
def test_not_public(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_public(ip_address(ip))
    internet = Internet(monkeypatch)
    internet.names["files.example.com"] = [[PUBLIC, ip]]  # one is enough
    with pytest.raises(DownloadRefused, match="address that is not public") as caught:
        resolve(target("files.example.com"), 5)
    assert caught.value.permanent


@pytest.mark.parametrize(
    "ip",
    [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    internet = Internet(monkeypatch)
    internet.names["files.example.com"] = [[ip, ip]]
    (place,) = resolve(target("files.example.com"), 5)
    assert place.sockaddr == (str(ip_address(ip)), 443)
    assert place.family == (socket.AF_INET6 if ":" in ip else socket.AF_INET)
    assert internet.looked_up == ["files.example.com"]


def test_ip_addresses_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    internet = Internet(monkeypatch)
    for host in ("127.0.0.1", "[::1]", PRIVATE, "[fd00::1]"):
        (place,) = resolve(target(host), 5)
        assert place.sockaddr[0] == host.strip("[]")
    assert internet.looked_up == []


@pytest.mark.parametrize(
    ("entry", "ip", "admitted"),
    [
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("localhost", PRIVATE, False),
        ("localhost", PUBLIC, False),
        (".localhost", "127.0.0.1", False),
    ],
)
def test_localhost(entry: str, ip: str, admitted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    internet = Internet(monkeypatch)
    internet.names["localhost"] = [[ip]]
    listed = target("localhost", entry)
    if admitted:
        assert [place.sockaddr for place in resolve(listed, 5)] == [(ip, 443)]
    else:
        with pytest.raises(DownloadRefused):
            resolve(listed, 5)


def test_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    Internet(monkeypatch)
    with pytest.raises(DownloadFailed, match="could not be looked up") as caught:
        resolve(target("files.example.com"), 5)
    assert not caught.value.permanent


def test_a_slow_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    awake, started = threading.Event(), monotonic()

    def slow(*args: Any, **options: Any) -> list[Any]:
        awake.wait(5)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        with pytest.raises(TimeoutError):
            resolve(target("files.example.com"), 0.05)
    finally:
        awake.set()
    assert monotonic() - started < 2


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://a.example/b"),
        ("//b.example/", "https://b.example/"),
        ("http://[", ""),
        ("file:///x", "file:///x"),
    ],
)
def test_join(location: str, url: str) -> None:
    assert join("https://a.example/a", location) == url
