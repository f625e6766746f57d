"""What a browser asks the site for, before the editor is opened and after, first and later.

Bytes are those on the wire, heads included; static files are compressed and may be kept for ever.
"""

from __future__ import annotations

from itertools import cycle

from playwright.sync_api import Page

from .browser import chromium, collected, visit
from .load import visitors
from .page import QUICK, site
from .table import Figure, Mode

ENTRIES = """() => performance.getEntriesByType("resource").map(
  ({ name, transferSize }) => [name, transferSize])"""
EDITOR = "http://127.0.0.1:9"
"""Of which nothing is loaded: only who was asked counts."""


def measure(mode: Mode) -> list[Figure]:
    """Counts, of one visit each: they do not vary."""
    turns = cycle(visitors(8))
    figures = []
    with (
        collected() as static,
        chromium() as browser,
        site(static, turns, EDITOR, QUICK, 0) as address,
        visit(browser, address, next(turns).headers) as context,
    ):
        for cache in ("cold", "warm"):
            page = context.new_page()
            page.goto(f"{address}/page/dialog/?{cache}", wait_until="networkidle")
            figures += _rows(page, address, f"visit, {cache} cache, before the editor opens")
            page.get_by_role("button", name="Edit avatar").click()
            page.wait_for_selector("avaturn-editor iframe", state="attached")
            figures += _rows(page, address, f"visit, {cache} cache, editor open")
            page.close()
    return figures


def _rows(page: Page, address: str, what: str) -> list[Figure]:
    found = dict(page.evaluate(ENTRIES))
    own = {name: size for name, size in found.items() if name.startswith(f"{address}/static/dj")}
    asked = [size for size in own.values() if size]
    warm, closed = "warm" in what, "before" in what
    elsewhere = sum(not name.startswith(address) for name in found)
    figures = [
        Figure(
            what=f"{what}: own static files from the net",
            value=len(asked),
            bound="<=" if warm else "",
            medians=f"{len(own)} in the page",
        ),
        Figure(what=f"{what}: their bytes", value=sum(asked)),
    ]
    if closed:
        figures.append(Figure(what=f"{what}: other hosts", value=elsewhere, bound="<="))
    return figures
