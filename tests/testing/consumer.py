"""Runs of pytest as a site's developer makes them: in the example site, in another process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "testing.rst"
SAMPLE = re.compile(r"^\.\. testing: (\w+)\n\n\.\. code-block:: python\n((?:\n|   .*\n)+)", re.M)
INI = """
[pytest]
DJANGO_SETTINGS_MODULE = site_settings
addopts = -q -ra -p no:cacheprovider
filterwarnings = error
"""


def samples() -> dict[str, str]:
    """The code blocks of the page on testing and of the README, by name."""
    texts = [page.read_text("utf-8") for page in (ROOT / "README.rst", PAGE)]
    return {name: dedent(code) for text in texts for name, code in SAMPLE.findall(text)}


def run(folder: Path, files: Mapping[str, str], *options: str, start: str = "") -> tuple[int, str]:
    """The exit code of pytest over these test files, and what it printed.

    ``start`` is Python to run before pytest.
    """
    (folder / "pytest.ini").write_text(INI, "utf-8")
    settings = f"from example.settings import *\nBASE_DIR = type(BASE_DIR)({f'{folder}'!r})\n"
    (folder / "site_settings.py").write_text(settings + samples()["database"], "utf-8")
    for name, text in files.items():
        (folder / name).write_text(dedent(text), "utf-8")
    path = os.pathsep.join([f"{ROOT / 'example_project'}", f"{ROOT}"])
    ours = ("DJANGO_SETTINGS_MODULE", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    program = f"{start}\nimport sys, pytest\nsys.exit(pytest.main({[*options]!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, "EDITOR_ORIGINS": "http://127.0.0.1:*"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ended.returncode, ended.stdout + ended.stderr
