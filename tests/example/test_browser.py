"""The example in a real browser: what is saved in the editor shows up without a reload."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from .test_demo import free_port, running_demo

pytestmark = pytest.mark.browser

LIMIT = 30_000  # milliseconds
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def page():
    """A page in Debian's Chromium, and a failure for whatever its console complains about."""
    chromium = shutil.which("chromium")
    if not chromium:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    complaints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(LIMIT)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and complaints.append(message.text)
        )
        yield page
        browser.close()
    assert complaints == []


def make(page, figure):
    """Start a new avatar in the open editor, and keep it as it is."""
    page.frame_locator("iframe").get_by_role("button", name=figure).click()
    press_next(page)


def press_next(page):
    page.frame_locator("iframe").get_by_role("button", name="Next").click()


def stay(page):
    """Leave a mark that a reload would wipe out."""
    page.evaluate("() => { window.stayed = true; }")


def assert_stayed(page):
    assert page.evaluate("() => window.stayed") is True


def test_what_is_saved_shows_up_without_a_reload(page, tmp_path):
    expect.set_options(timeout=LIMIT)
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports) as demo:
        demo.wait_for("Stop with Ctrl-C")
        site = demo.address("Site")
        page.goto(f"{site}log-in/")
        page.get_by_label("Username").fill("demo")
        page.get_by_label("Password").fill("demo")
        page.get_by_role("main").get_by_role("button", name="Log in").click()

        summary = page.get_by_role("complementary", name="Your active avatar")
        expect(summary).to_contain_text("No avatar yet")
        stay(page)
        make(page, "Mia")
        expect(summary).to_contain_text("This is the one that others see.")
        expect(page.locator("avaturn-editor")).to_have_attribute("data-state", re.compile("saved"))
        assert_stayed(page)
        first = summary.get_by_role("heading").inner_text()

        summary.get_by_role("link", name="My avatars").click()
        cards = page.get_by_role("list", name="My avatars").get_by_role("listitem")
        expect(cards).to_have_count(1)
        stay(page)
        page.get_by_role("button", name="New avatar").click()
        make(page, "Max")
        expect(cards).to_have_count(2)
        expect(cards.first).to_contain_text("Active")
        expect(cards.first.get_by_role("heading")).not_to_have_text(first)
        expect(cards.last).not_to_contain_text("Active")

        cards.last.get_by_role("button", name="Open").click()
        press_next(page)
        expect(cards.last).to_contain_text("Active")
        expect(cards.first).not_to_contain_text("Active")
        assert_stayed(page)

        cards.first.get_by_role("button", name="Make active").click()
        expect(cards.first).to_contain_text("Active")
        cards.last.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(cards).to_have_count(1)
