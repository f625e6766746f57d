"""``docs/races.rst`` tells of every race, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from .tables import RACES

PAGE = Path(__file__).parents[2].joinpath("docs/races.rst").read_text("utf-8")


def test_each_race_is_in_the_table_once():
    assert re.findall(r"^   \* - (.+)$", PAGE, re.MULTILINE)[1:] == [race.name for race in RACES]
    assert len({race.name for race in RACES}) == len(RACES)


def test_each_is_decided_by_what_is_explained():
    explained = set(re.findall(r"^([A-Z]): ", PAGE, re.MULTILINE))
    decided = re.findall(r"^     - ([A-Z](?:, [A-Z])*)$", PAGE, re.MULTILINE)
    assert len(decided) == len(RACES)
    assert {one for guards in decided for one in guards.split(", ")} == explained


def test_numbers_are_right():
    assert f"\n{len(RACES)} races" in PAGE
    pinned = sum(len(race.pinned) for race in RACES)
    assert f": {pinned} places." in re.sub(r"\s+", " ", PAGE)
