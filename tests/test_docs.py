"""The pages lead to each other, and none is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.rst"))
FURTHER = sorted((ROOT / "docs").glob("[!_]*/**/*.rst"))
LINK = re.compile(r"<([\w./-]+\.rst)>`_")


@pytest.mark.parametrize(
    "page", [ROOT / "README.rst", *PAGES, *FURTHER], ids=lambda page: page.name
)
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_readme_leads_to_every_page():
    links = set(LINK.findall((ROOT / "README.rst").read_text("utf-8")))
    assert {f"docs/{page.name}" for page in PAGES} - links == set()
