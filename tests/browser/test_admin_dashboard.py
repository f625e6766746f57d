"""The app's page and its lists in Chromium: light and dark, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar, AvatarFile, RemoteDeletion
from tests.admin.test_lists import fill

from .test_admin import BASE, boss, overflow

__all__ = ["boss"]

LISTS = ["avatar", "avaturnprofile", "avatarfile", "remotedeletion", "webhookevent"]
COLOURS = """elements => elements.map(element => {
  const own = getComputedStyle(element).color;
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") {
    behind = behind.parentElement;
  }
  return [own, getComputedStyle(behind).backgroundColor, element.textContent];
})"""


@pytest.fixture
def rows(db: None) -> None:
    """A few of everything, some of it failed."""
    for number in range(3):
        fill(number, visitor=number == 0)
    failed = {"state": "failed", "error": "Avaturn answered with status 500. " * 6}
    RemoteDeletion.objects.filter(avaturn_id="GONE1").update(**failed)
    AvatarFile.objects.update(file="", **failed)
    Avatar.objects.filter(avaturn_id="REMOTE2").update(status="failed")


def luminance(colour: str) -> float:
    """As WCAG defines it, of ``rgb(…)``."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21; text needs 4.5."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_numbers_can_be_read(boss: Any, live_server: Any, rows: None, scheme: str, width: int):
    boss.emulate_media(color_scheme=scheme)
    boss.set_viewport_size({"width": width, "height": 844})
    boss.goto(f"{live_server.url}{BASE}")
    expect(boss.locator(".avaturn-tile")).to_have_count(7)
    expect(boss.locator(".avaturn-alarm")).to_have_count(3)
    assert overflow(boss) <= 0
    texts = boss.locator(".avaturn-tile :is(h2, dt, dd, a)")
    found = texts.evaluate_all(COLOURS)
    assert len(found) > 60
    assert [text for text in found if contrast(*text[:2]) < 4.5] == []


def test_number_of_what_failed_leads_to_it(boss: Any, live_server: Any, rows: None):
    boss.goto(f"{live_server.url}{BASE}")
    boss.locator(".avaturn-tile", has_text="Remote deletions").locator(".avaturn-alarm a").click()
    expect(boss).to_have_url(f"{live_server.url}{BASE}remotedeletion/?state__exact=failed")
    expect(boss.locator("#result_list tbody tr")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("model", LISTS)
def test_lists_can_be_used_on_a_phone(
    boss: Any, live_server: Any, rows: None, scheme: str, model: str
):
    boss.emulate_media(color_scheme=scheme)
    boss.set_viewport_size({"width": 390, "height": 844})
    boss.goto(f"{live_server.url}{BASE}{model}/")
    assert overflow(boss) <= 0  # the table scrolls, not the page
    boss.locator("tbody .action-select").first.check()
    for part in ("select[name=action]", ".actions button", "#searchbar", "#result_list tbody th a"):
        box = boss.locator(part).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, part
    states = boss.locator(".avaturn-state").evaluate_all(COLOURS)
    assert [text for text in states if contrast(*text[:2]) < 4.5] == []


def test_export_is_downloaded(boss: Any, live_server: Any, rows: None):
    boss.goto(f"{live_server.url}{BASE}avatar/")
    boss.locator("#action-toggle").check()
    boss.locator("select[name=action]").first.select_option("export_csv")
    with boss.expect_download() as download:
        boss.locator(".actions button").first.click()
    assert re.fullmatch(r"avatars-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    assert len(download.value.path().read_text().splitlines()) == 4
