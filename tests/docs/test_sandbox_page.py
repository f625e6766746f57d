"""docs/how-to/sandbox.rst names all there is."""

from __future__ import annotations

import re

from django_avaturn.sandbox.control import ROUTES
from django_avaturn.sandbox.editor import SCENARIOS
from django_avaturn.sandbox.switches import REMOTE
from tests.docs.samples import ROOT

PAGE = (ROOT / "docs" / "how-to" / "sandbox.rst").read_text("utf-8")


def named(title: str) -> list[str]:
    """What the first column of a section's table has."""
    section = PAGE.partition(f"{title}\n---")[2].partition("\n---")[0]
    cells = re.findall(r"   \* - (``.+``)\n", section)
    return [name for cell in cells for name in re.findall(r"``(.+?)``", cell)]


def test_switches():
    assert sorted(named("Switches")) == sorted(REMOTE)


def test_scenarios():
    assert sorted(named("Scenarios of the editor")) == sorted(SCENARIOS)


def test_requests():
    first = {f"{route.method} {route.template}" for route in ROUTES if route.method != "DELETE"}
    assert {*named("While it runs"), "GET /_sandbox/plan"} == first
