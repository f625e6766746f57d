"""docs/faults.rst says what is."""

from __future__ import annotations

import re
import subprocess
import sys

from django_avaturn.sandbox.plan import Kind
from tests.workers.processes import ROOT

from . import test_soak as soak

PAGE = (ROOT / "docs" / "faults.rst").read_text("utf-8")
FLAT = " ".join(PAGE.split())


def test_as_many_cases_as_it_says_are_tried():
    said = dict(re.findall(r"\* - ``(tests/\S+\.py)``\n     - (\d+)\n", PAGE))
    assert len(said) > 10
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-qq", *said]
    told = subprocess.run(collect, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert dict(re.findall(r"^(tests/\S+\.py): (\d+)$", told, re.MULTILINE)) == said


def test_every_kind_of_fault_is_explained():
    table = PAGE.partition("Random faults")[2].partition("Nothing depends")[0]
    assert re.findall(r"\* - ``(\w+)``", table) == list(Kind)


def test_the_soak_is_as_long_as_it_says():
    for said in (
        f"{soak.USUAL} operations of {soak.PEOPLE} people in {soak.THREADS} threads",
        f"with {soak.RATE:.0%} of all".replace("%", " %"),
        f"{soak.NURSERIES} workers at a time",
        f"Avaturn was asked {soak.CALLS} times",
    ):
        assert said in FLAT
    assert soak.DAYS["default"] == soak.DAYS["mysql"] == soak.DAYS["postgres"] // 10
