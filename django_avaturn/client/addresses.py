"""Where a file may be fetched from: listed hosts, and of these only public addresses."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import SplitResult, urljoin, urlsplit

import idna

from ..exceptions import DownloadFailed, DownloadRefused

IP = IPv4Address | IPv6Address

DEFAULT_PORTS = {"https": 443, "http": 80}
PROTOCOLS = IPv4Network("192.0.0.0/24")
"""A cloud's metadata is at one of these; Python took most of them for public until 3.11.10."""
NAT64 = IPv6Network("64:ff9b::/96")
MAX_URL = 8192
"""Characters of an address at the most."""

_HOST = re.compile(r"(?!.{254})[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
# A space or a backslash separates for some parsers and not for others.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")

NOT_AN_ADDRESS = "The address of the file is not a plain https address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that may be asked, taken apart.

    ``exact`` says that the list names this very host, not only a domain above it.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)  # it is a permission by itself
    exact: bool = False

    @property
    def name(self) -> str:
        """The host for people, with its port where that is unusual."""
        usual = self.port == DEFAULT_PORTS[self.scheme]
        return self.host[:100] + ("" if usual else f":{self.port}")

    @property
    def ip(self) -> IP | None:
        """The host, where it is a number and not a name."""
        return _ip(self.host)

    @property
    def is_loopback(self) -> bool:
        """Whether the host itself, and not just its entry in the DNS, says so."""
        return self.host == "localhost" or bool(self.ip and self.ip.is_loopback)


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a host, as a socket wants it."""

    ip: IP
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6."""
        return socket.AF_INET if self.ip.version == 4 else socket.AF_INET6

    @property
    def sockaddr(self) -> tuple[str, int]:
        """What ``connect`` takes."""
        return str(self.ip), self.port


def admit(url: str, hosts: Iterable[str]) -> Target:
    """Take an address apart that ``hosts`` allow; nothing is looked up yet.

    An entry is ``host`` or ``host:port``, a leading dot admits subdomains as well, and without a
    port only the scheme's own will do. Raises ``DownloadRefused``.
    """
    parts = _split(url)
    host = _normal_host(parts.hostname or "") if parts else ""
    if not parts or not host:
        raise DownloadRefused(NOT_AN_ADDRESS)
    port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(scheme=parts.scheme, host=host, port=port, path=path)
    matches = {_match(entry, target) for entry in hosts} - {""}
    if not matches:
        raise DownloadRefused(
            f"The file host {target.name} is not in AVATURN['DOWNLOAD_HOSTS']; add it there if "
            "files may come from it."
        )
    target = replace(target, exact="exact" in matches)
    if target.scheme == "http" and not (target.exact and target.is_loopback):
        raise DownloadRefused(f"The file host {target.name} may only be asked over https.")
    return target


def join(url: str, location: str) -> str:
    """Where a redirect leads; empty where that makes no sense."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def resolve(target: Target, seconds: float) -> list[Place]:
    """Look the host up, once; refuse it if any of its addresses is not public.

    A host that the list names as a number, or as ``localhost``, may be what it says.
    Raises ``DownloadRefused`` and ``DownloadFailed``, ``TimeoutError`` after ``seconds``.
    """
    found = [target.ip] if target.ip else _look_up(target, seconds)
    if not all(_may_connect(target, ip) for ip in found):
        raise DownloadRefused(
            f"The file host {target.name} has an address that is not public. If it is meant, list "
            "that address itself in AVATURN['DOWNLOAD_HOSTS']."
        )
    return [Place(ip, target.port) for ip in found]


def is_public(ip: IP) -> bool:
    """Whether the address, and the IPv4 address inside of it, is one of the open internet."""
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if ip.is_site_local:
            return False
    if ip in PROTOCOLS:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _split(url: str) -> SplitResult | None:
    """The parts, or None unless the address is of the plainest form."""
    if len(url) > MAX_URL or _FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        fits = parts.scheme in DEFAULT_PORTS and parts.port != 0
    except ValueError:
        return None
    # User info; a percent sign would be a zone or hide a character.
    return parts if fits and not {"@", "%"} & set(parts.netloc) else None


def _normal_host(host: str) -> str:
    """As the DNS knows it: lower case, punycode, no dot at the end. Empty if it is no host."""
    if ":" in host:
        return str(_ip(host) or "")
    try:
        host = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        return ""
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host):
        return ""
    # What ends in a number is an IPv4 address to the resolver, and only one spelling is clear.
    return host if _ip(host) or not _NUMBER.fullmatch(host) else ""


def _ip(host: str) -> IP | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _match(entry: str, target: Target) -> str:
    """How an entry of the list admits the target: "exact", "domain", or "" for not at all."""
    try:
        parts = urlsplit(f"//{entry.strip()}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = _normal_host(name.removeprefix("."))
    if not host or target.port != (DEFAULT_PORTS[target.scheme] if port is None else port):
        return ""
    if not name.startswith("."):
        return "exact" if target.host == host else ""
    if target.ip:
        return ""
    return "domain" if target.host == host or target.host.endswith(f".{host}") else ""


def _may_connect(target: Target, ip: IP) -> bool:
    if target.exact and target.ip:
        return True
    return ip.is_loopback if target.exact and target.is_loopback else is_public(ip)


def _look_up(target: Target, seconds: float) -> list[IP]:
    """Ask the system's resolver, which knows no time limit and so gets a thread of its own."""
    answers: SimpleQueue[list[IP]] = SimpleQueue()
    work = Thread(target=lambda: answers.put(_ask(target)), daemon=True, name="avaturn-lookup")
    work.start()
    found: list[IP] | None = None
    with suppress(Empty):
        found = answers.get(timeout=seconds)
    if found is None:
        raise TimeoutError
    if not found:
        raise DownloadFailed(f"The file host {target.name} could not be looked up.")
    return found


def _ask(target: Target) -> list[IP]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))
