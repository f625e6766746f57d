"""What a page with the editor's button loads before anybody presses it."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from .table import Figure, Mode

PAGE = "https://testserver/page/?dialog=1"


class Loaded(HTMLParser):
    """Addresses that a browser fetches by itself when it meets the page."""

    SOURCES = {"link": "href", "script": "src", "img": "src", "iframe": "src", "video": "src"}

    def __init__(self) -> None:
        super().__init__()
        self.urls: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element's source."""
        value = dict(attrs).get(self.SOURCES.get(tag, ""))
        if value:
            self.urls.add(urljoin(PAGE, value))


def measure(mode: Mode) -> list[Figure]:
    """Bytes of our own files, and the requests of the page."""
    page = Client().get(PAGE, secure=True)
    parser = Loaded()
    parser.feed(page.content.decode())
    urls = _with_imports(parser.urls)
    elsewhere = sum(urlsplit(url).netloc != urlsplit(PAGE).netloc for url in urls)
    sdk = sum("sdk" in url or "model-viewer" in url for url in urls)
    listed = ", ".join(sorted(urlsplit(url).path for url in urls))
    return [
        Figure(
            what="page: own JavaScript, bytes gzip", value=_gzip(urls, ".js"), bound="<", goal=6000
        ),
        Figure(what="page: own CSS, bytes gzip", value=_gzip(urls, ".css")),
        Figure(what="page: further requests", value=len(urls), medians=listed),
        Figure(what="page: requests for the SDK or a viewer", value=sdk, bound="<="),
        Figure(what="page: requests to other hosts", value=elsewhere, bound="<="),
    ]


def _with_imports(urls: set[str]) -> set[str]:
    """The same and whatever their scripts import at once, not when asked to."""
    static = re.compile(r"""^\s*(?:import|export)\b[^("'`;]*["']([^"']+)["']""", re.MULTILINE)
    found = set(urls)
    for url in urls:
        if url.endswith(".js") and (file := _file(url)):
            found |= _with_imports(
                {urljoin(url, name) for name in static.findall(file.read_text())}
            )
    return found


def _gzip(urls: set[str], suffix: str) -> int:
    files = [file for url in urls if url.endswith(suffix) and (file := _file(url))]
    return sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)


def _file(url: str) -> Path | None:
    name = urlsplit(url).path.removeprefix(settings.STATIC_URL)
    path = finders.find(name)
    return Path(path) if isinstance(path, str) else None
