"""The example site, from the front page to leaving it."""

from __future__ import annotations

import pytest

from tests.browser.test_editor import state
from tests.example.conftest import SAME, example_settings

from .audit import faults


@pytest.fixture
def example(settings, site, live_server, sandbox):
    """The example's own settings, with this run's sandbox."""
    for name in SAME:
        setattr(settings, name, getattr(example_settings, name))
    settings.USE_SANDBOX = True
    site.goto(f"{live_server.url}/")
    return site


def visit(page, live_server, paths):
    found = []
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        if page.locator("main avaturn-editor:not([data-dialog])").count():
            state(page, "ready")
        found += [f"{path}: {line}" for line in faults(page)]
    return found


def test_as_a_member(example, live_server):
    paths = ("/profile/", "/avatars/", "/photos/", "/studio/", "/account/", "/account/delete/")
    assert visit(example, live_server, paths) == []
    example.locator("details.menu > summary").click()
    assert faults(example) == []


def test_as_a_stranger(example, live_server, configure):
    configure(ALLOW_GUESTS=True)
    example.context.clear_cookies()
    assert visit(example, live_server, ("/", "/log-in/", "/sign-up/", "/try/", "/nowhere/")) == []
    example.goto(f"{live_server.url}/sign-up/")
    example.get_by_role("main").get_by_role("button", name="Sign up").click()
    example.locator(".invalid").first.wait_for()
    assert faults(example) == []
