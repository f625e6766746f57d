"""The quick start as README.rst prints it.

Each code block that a reader copies has a comment of its own directly before it::

    .. quickstart: settings

    .. code-block:: python

        INSTALLED_APPS += ["django_avaturn"]
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.rst"

BLOCK = re.compile(
    r"^\.\. quickstart: (?P<name>[\w-]+)[ ]*\n"
    r"\n*"
    r"\.\. code-block:: (?P<language>\S+)[ ]*\n"
    r"(?:[ ]+:[^\n]*\n)*"  # options
    r"(?P<body>(?:[ ]+[^\n]*\n|[ ]*\n)+)",
    re.MULTILINE,
)
LANGUAGES = {"settings": "python", "urls": "python", "template": "html+django"}


def blocks(text: str) -> dict[str, str]:
    """Return the marked code blocks by name; a name that comes twice is one block."""
    found: dict[str, str] = {}
    for match in BLOCK.finditer(text + "\n"):
        name, language = match["name"], match["language"]
        if language != LANGUAGES.get(name, language):
            raise ValueError(f"{name} should be {LANGUAGES[name]}, and is {language}")
        found[name] = found.get(name, "") + textwrap.dedent(match["body"]).strip() + "\n"
    return found


def quick_start() -> dict[str, str]:
    """Return the README's blocks; complain about each that is missing."""
    found = blocks(README.read_text("utf-8"))
    if missing := LANGUAGES.keys() - found.keys():
        raise ValueError(f"README.rst has no block marked `.. quickstart: {sorted(missing)[0]}`")
    return found
