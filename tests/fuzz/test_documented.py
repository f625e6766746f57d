"""The table of properties in the documentation is that of the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "rest-schema.rst").read_text("utf-8")


def properties(path):
    """How many functions of a module hypothesis gives its inputs to."""
    functions = [node for node in ast.parse(path.read_text("utf-8")).body if hasattr(node, "args")]
    calls = [call for node in functions for call in node.decorator_list if hasattr(call, "func")]
    return sum(getattr(call.func, "id", "") == "given" for call in calls)


def test_numbers_of_properties():
    rows = re.findall(r"``(test_\w+)``\n     - (?:.+\n       )*.+\n     - (\d+)", PAGE)
    there = {path.stem: properties(path) for path in HERE.glob("test_*.py")}
    assert dict(rows) == {name: str(number) for name, number in there.items() if number}
