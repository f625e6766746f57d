"""Compare a tag with the version and the changelog: ``python .ci/check_release.py v0.1.0``."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version(root: Path) -> str:
    """What the package says of itself; it is not imported, since nothing is installed yet."""
    source = (root / "django_avaturn" / "__init__.py").read_text("utf-8")
    return re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)[0]


def complaints(root: Path, tag: str) -> list[str]:
    """What stands in the way of releasing this tag."""
    found = []
    wanted = version(root)
    if tag != f"v{wanted}":
        found.append(f"The tag is {tag}, but __version__ is {wanted}: tag v{wanted}, or change it.")
    text = (root / "CHANGELOG.rst").read_text("utf-8")
    heading = re.search(rf"^{re.escape(wanted)} \((.+)\)$", text, re.MULTILINE)
    if heading is None:
        found.append(f"CHANGELOG.rst has no section on {wanted}.")
    elif not _is_date(heading[1]):
        found.append(
            f"CHANGELOG.rst has no date for {wanted}: put one in the place of '{heading[1]}'."
        )
    return found


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say which tag: python .ci/check_release.py v0.1.0")
    sys.exit("\n".join(complaints(ROOT, sys.argv[1])) or None)
