"""English of ours that is left in a page of another language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

from .catalogues import read

SPOKEN = {"alt", "aria-label", "content", "data-alt", "placeholder", "title"}
"""Attributes with a text that people read or hear."""
FOR_SCRIPTS = {"data-messages", "data-texts"}
SILENT = {"script", "style"}
VALUE = re.compile(r"%\\?\(\w+\\?\)[sd]|%[sd]|\\?\{\w*\\?\}")


class Reader(HTMLParser):
    """Collects the texts of a page, those that its scripts will say included."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tag = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        for name, value in attrs:
            if name in FOR_SCRIPTS and value:
                self.texts += _strings(json.loads(value))
            elif name in SPOKEN and value:
                self.texts.append(value)

    def handle_data(self, data: str) -> None:
        if self.tag not in SILENT and data.strip():
            self.texts.append(" ".join(data.split()))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _strings(part)


@cache
def _patterns(language: str) -> list[re.Pattern[str]]:
    """One for each English text that this language has other words for."""
    found = []
    for message in read(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in filter(None, ids):
            if text.casefold() in {form.casefold() for form in said}:
                continue
            # Of what has links in it, each piece between the tags is a text of its own.
            for piece in re.split(r"<[^>]+>", text):
                found += _pattern(piece.strip())
    return found


def _pattern(text: str) -> list[re.Pattern[str]]:
    if not VALUE.sub("", text).strip(" .,:;()%"):
        return []
    body = VALUE.sub(".+?", re.escape(text))
    # A word may be somebody's name, or a part of another word: it counts where it stands alone.
    whole = len(text.split()) < 3
    return [re.compile(f"^{body}[.:]?$" if whole else body, re.IGNORECASE)]


def leftovers(html: str, language: str) -> list[str]:
    """The texts of the page that are still English, of those that the catalogue has."""
    patterns = _patterns(language)
    texts = dict.fromkeys(Reader(html).texts)
    return [text for text in texts if any(pattern.search(text) for pattern in patterns)]
