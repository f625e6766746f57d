"""docs/security.rst counts the cases: what it says has to be what is run."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.rst").read_text("utf-8")
ROW = re.compile(r"^   \* - (.+?)\n     - (``tests/.+``)\n     - ([\d,]+)$", re.MULTILINE)
TABLE = ROW.findall(PAGE)


def cases(path):
    """How many tests there are in a file, each of their parameters counted."""
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    holders = [module, *(one for name, one in vars(module).items() if name.startswith("Test"))]
    tests = [
        test for one in holders for name, test in vars(one).items() if name.startswith("test_")
    ]
    return sum(parameters(test) for test in tests if callable(test))


def parameters(test):
    number = 1
    for mark in getattr(test, "pytestmark", ()):
        number *= len(mark.args[1]) if mark.name == "parametrize" else 1
    return number


@pytest.mark.parametrize(("name", "files", "told"), TABLE, ids=[row[0] for row in TABLE])
def test_number_of_cases(name, files, told):
    run = sum(cases(file) for file in re.findall(r"``(.+?)``", files))
    assert f"{run:,}" == told


def test_every_file_is_in_the_table():
    named = set(re.findall(r"``(tests/.+?)``", PAGE))
    here = {path.relative_to(ROOT).as_posix() for path in Path(__file__).parent.glob("test_*.py")}
    assert here - {"tests/attacks/test_docs.py"} <= named
    assert len(TABLE) == PAGE.count("   * - ") - 1  # but for the heading


def test_sum_is_right():
    total = sum(int(told.replace(",", "")) for *_, told in TABLE)
    assert f"{total:,} cases" in PAGE
