"""The samples of README.rst and docs/, in their order.

A page may hold two kinds of comments that readers do not see, both with Python code in them::

    .. given:

       AVATURN["CONSENT_VERSION"] = "2026-11"

    .. then:

       assert "avaturn-editor" in html

They are run in the page's own namespace, between the samples, at the place where they stand.
A page whose samples need more than this site says which test has it::

    .. samples: tests/docs/test_tutorial.py
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

START = re.compile(
    r"^(?P<indent>[ ]*(?:[*-] +)*)"
    r"(?:\.\. (?:code-block|code|sourcecode|highlight|doctest|literalinclude|parsed-literal)::"
    r"[ ]*(?P<language>\S*)[ ]*|"
    r"\.\. (?P<hidden>given|then):[ ]*|"
    r"(?!\.\. )(?:.*[^:])?::[ ]*)$"
)
ELSEWHERE = re.compile(r"^\.\. samples: (\S+)$", re.MULTILINE)
OPTION = re.compile(r"^[ ]+:(?P<name>[\w-]+):[ ]*(?P<value>.*)$")


@dataclass(frozen=True)
class Sample:
    """A piece of code in a page. ``line`` is that of its first line, counted from 1."""

    page: str
    line: int
    language: str
    body: str
    caption: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'})"


def pages() -> list[str]:
    """README.rst, what lies beside it, and everything below docs/, as paths from the root."""
    found = sorted(path for path in (ROOT / "docs").rglob("*.rst") if "_build" not in path.parts)
    paths = [*sorted(ROOT.glob("*.rst")), *found]
    return [path.relative_to(ROOT).as_posix() for path in paths]


def runner_of(page: str) -> str:
    """The test that has its samples; empty for most pages, whose samples are tried one by one."""
    found = ELSEWHERE.search((ROOT / page).read_text("utf-8"))
    return found[1] if found else ""


def samples(page: str, text: str | None = None) -> list[Sample]:
    """What a page shows, and what is given and expected around it."""
    lines = (text if text is not None else (ROOT / page).read_text("utf-8")).splitlines()
    return list(_samples(page, lines))


def _samples(page: str, lines: list[str]) -> Iterator[Sample]:
    number = 0
    while number < len(lines):
        found = START.match(lines[number])
        number += 1
        if not found:
            continue
        options, number = _options(lines, number)
        first = number
        while number < len(lines) and _belongs(lines[number], len(found["indent"])):
            number += 1
        body = textwrap.dedent("\n".join(lines[first:number]))
        skipped = len(body) - len(body.lstrip("\n"))
        yield Sample(
            page=page,
            line=first + skipped + 1,
            language=found["hidden"] or found["language"] or "",
            body=body.strip("\n") + "\n",
            caption=options.get("caption", ""),
        )


def _options(lines: list[str], number: int) -> tuple[dict[str, str], int]:
    options = {}
    while number < len(lines) and (option := OPTION.match(lines[number])):
        options[option["name"]] = option["value"]
        number += 1
    return options, number


def _belongs(line: str, indent: int) -> bool:
    return not line.strip() or len(line) - len(line.lstrip()) > indent
