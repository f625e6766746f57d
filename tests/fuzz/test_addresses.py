"""Addresses of files: what is admitted is what would be connected to, for every reader of it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

import idna
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from django_avaturn.client.addresses import Target, admit, join
from django_avaturn.client.pinning import Clock, pool_for
from django_avaturn.exceptions import DownloadRefused

from .inputs import ANY_TEXT, tries

HOSTS = (
    ".avaturn.me",
    "files.example.com",
    "cdn.example.com:8443",
    "localhost:9100",
    "bücher.example",
)
LISTED = ["files.example.com", "api.avaturn.me", "avaturn.me", "bücher.example", "a。avaturn。me"]
SPELT = ["FILES.example.COM", "files.example.com.", "xn--bcher-kva.example", "\uff21.avaturn.me"]
OTHERS = [
    *("evil.example", "evilavaturn.me", "avaturn.me.evil.example", "sub.files.example.com", "me"),
    *("cdn.example.com", "localhost", "127.0.0.1", "[::1]", "2130706433", ""),
]
BITS = st.sampled_from(
    [
        *("@", ":", "/", "\\", "?", "#", "%", ".", "[", "]", "%00", "%2e", "\t", "\n", " "),
        *("\u2044", "\uff0e", "\u200d", "\xad", "evil.example", "@evil.example", "-", "a"),
    ]
)


PARTS = {
    "scheme": st.just("https"),
    "user": st.just(""),
    "host": st.sampled_from(LISTED),
    "port": st.just(""),
    "path": st.sampled_from(["", "/a.glb?s=1", "//b/../c#d", "/%2e%2e/", "?x"]),
}
SPOILT = {
    "scheme": st.sampled_from(["http", "HTTPS", "ftp", "javascript", ""]),
    "user": st.sampled_from(["user@", "files.example.com@", "u:p@", "evil.example@"]),
    "host": st.sampled_from(SPELT) | st.sampled_from(OTHERS),
    "port": st.sampled_from([":443", ":8443", ":9100", ":0", ":", ":+1", ":99999"]),
    "path": BITS.map("/{}".format) | ANY_TEXT,
}


@st.composite
def addresses(draw):
    """Plain ones with one part spoilt, or something put in somewhere."""
    spoilt = draw(st.sampled_from([*SPOILT, "host", "nothing", "all"]))
    parts = {name: draw((SPOILT if name == spoilt else PARTS)[name]) for name in PARTS}
    url = "{scheme}://{user}{host}{port}{path}".format_map(parts)
    at = draw(st.integers(0, len(url)))
    return url[:at] + draw(BITS | ANY_TEXT) + url[at:] if spoilt == "all" else url


URLS = (
    addresses()
    | addresses()
    | st.lists(st.sampled_from(LISTED + OTHERS) | BITS | ANY_TEXT, max_size=6).map("".join)
)


def admitted(url):
    try:
        return admit(url, HOSTS)
    except DownloadRefused as error:
        assert url[-20:] not in str(error) or len(url) < 60
        return None


def is_listed(target):
    """By a look of its own at the list."""
    named = {("files.example.com", 443), ("cdn.example.com", 8443), ("xn--bcher-kva.example", 443)}
    below = target.host.split(".")[-2:] == ["avaturn", "me"] and target.port == 443
    if target.scheme == "http":
        return (target.host, target.port) == ("localhost", 9100)
    return below or (target.host, target.port) in named | {("localhost", 9100)}


def plain(host):
    """A host as it is looked up."""
    host = host.strip("[]").lower().removesuffix(".")
    return host if host.isascii() else idna.encode(host, uts46=True).decode()


@tries(400)
@given(url=URLS)
def test_admitted_is_what_is_listed(url):
    target = admitted(url)
    assert target is None or (isinstance(target, Target) and is_listed(target))


def readings(url):
    """How the standard library, urllib3 and requests take it apart; some refuse what they doubt."""
    yield urlsplit(url)
    with suppress(LocationParseError):
        yield parse_url(url)
    with suppress(requests.RequestException):
        yield parse_url(requests.Request("GET", url).prepare().url)


@tries(400)
@given(url=URLS)
def test_others_read_the_same_host_and_port(url):
    """So does the pinned connection."""
    target = admitted(url)
    if target is None:
        return
    for parts in readings(url):
        assert parts.scheme.lower() == target.scheme
        assert plain(getattr(parts, "hostname", None) or parts.host) == target.host
        assert (parts.port or {"https": 443, "http": 80}[target.scheme]) == target.port
    assert target.path.startswith("/")
    assert not set(target.path) & {" ", "\r", "\n", "\\"}
    pool = pool_for(target, [], Clock((1, 1), 1))
    assert (pool.host, pool.port) == (target.host, target.port)
    pool.close()


@tries(200)
@given(
    base=st.sampled_from(["https://files.example.com/a/b?c", "http://localhost:9100/"]),
    location=URLS,
)
def test_redirects_lead_to_what_is_listed_or_nowhere(base, location):
    target = admitted(join(base, location))
    assert target is None or is_listed(target)
