"""Debian's Chromium for the browser tests; a pytest plugin that ``tests/conftest.py`` loads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROGRAMS = ("chromium-headless-shell", "chromium")
"""The first has no windows to draw, which makes the tests quicker by a sixth."""
LIMIT = 60_000
"""Milliseconds to wait for anything. Generous: nothing is measured by it."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session. Where there is none the tests are skipped, and fail in CI."""
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not chromium:
        told = pytest.fail if os.environ.get("CI") else pytest.skip
        told("There is no chromium on PATH; on Debian: apt-get install chromium")
    # Playwright's loop runs in this thread, for which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=LIMIT)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, no cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """A page whose console must not complain of anything.

    But a file may be replaced or deleted between the page and the request for it: the browser
    says so, and the page shows something else.
    """
    complaints: list[str] = []

    def listen(line: ConsoleMessage) -> None:
        gone = "/media/avaturn/" in line.location["url"] and "404" in line.text
        if line.type == "error" and not gone:
            complaints.append(f"{line.text} {line.location['url']}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", listen)
    yield page
    assert complaints == []
