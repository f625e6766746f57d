"""The quick start, followed to the letter in a new project with the wheel and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from project import PASSWORD, Project, free_port, wheel_of_tox
from readme import quick_start

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = 'avaturn-editor[data-state="ready"]'
SETTLED = f'{READY}, avaturn-editor[data-state="failed"]'


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return where Chromium is. Without it the test is skipped, in CI it fails."""
    if found := shutil.which("chromium"):
        return found
    missing = pytest.fail if os.environ.get("CI") else pytest.skip
    missing("Chromium is not installed (Debian's package is `chromium`)")


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """Return a page of a browser that has seen nothing yet."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a new project with the wheel installed and the quick start followed."""
    wheel = wheel_of_tox()
    if wheel is None:
        pytest.skip("needs the wheel: run `tox run -e quickstart`")
    return Project(tmp_path_factory.mktemp("quickstart"), wheel)


def log_in(page: Page, site: str, name: str) -> None:
    """Go to the page that needs a user, and become one at the admin's log-in."""
    page.goto(site)
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(site)


def test_four_lines_give_a_working_editor(chromium: str, project: Project, page: Page) -> None:
    """A new user of a new project sees Avaturn's editor, ready for use."""
    sandbox = project.follow(quick_start())
    project.manage("check", "--fail-level", "WARNING")
    project.manage("migrate", "--verbosity", "0")
    project.add_user("ann")
    port = free_port()
    site = f"http://127.0.0.1:{port}/"
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    with (
        project.serving(sandbox, "avaturn_sandbox", "--port", str(sandbox)) as sandbox_log,
        project.serving(port, "runserver", "--noreload", str(port)) as site_log,
    ):
        log_in(page, site, "ann")
        page.wait_for_selector(SETTLED, timeout=40_000)
        logs = [path.read_text("utf-8") for path in (site_log, sandbox_log)]
        assert page.locator(READY).count() == 1, "\n\n".join([page.content(), *told, *logs])
        frame = page.locator(f"{READY} iframe")
        assert frame.count() == 1
        assert f":{sandbox}/" in (frame.get_attribute("src") or "")
