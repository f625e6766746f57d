"""What ``docs/how-to/ecosystem.rst`` prints: the site of these tests is made of it.

A code block that is used has a comment directly before it: ``.. used: settings``, or the name of
the module or template that it is.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "ecosystem.rst"

BLOCK = re.compile(
    r"^\.\. used: (?P<name>\S+)\n\n"
    r"\.\. code-block:: \S+\n\n"
    r"(?P<body>(?:[ ]+[^\n]*\n|\n)+)",
    re.MULTILINE,
)


def printed(name: str) -> str:
    """The blocks of that name, one after the other. Raises ``LookupError`` where there is none."""
    found = [
        match["body"]
        for match in BLOCK.finditer(PAGE.read_text("utf-8") + "\n")
        if match["name"] == name
    ]
    if not found:
        raise LookupError(f"{PAGE} has no block marked `.. used: {name}`")
    return "\n".join(textwrap.dedent(body).strip() + "\n" for body in found)


def run(name: str, names: dict[str, object]) -> None:
    """Execute them where ``names`` are known."""
    exec(compile(printed(name), f"{PAGE.name}: {name}", "exec"), names)
