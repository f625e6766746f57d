"""What people do with the editor, wherever it is on a page."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect


def editor(page: Page | FrameLocator) -> Locator:
    """The page's editor."""
    return page.locator("avaturn-editor").first


def expect_state(page: Page | FrameLocator, state: str) -> None:
    """Wait until the editor is ``ready``, ``saved`` and so on."""
    expect(editor(page)).to_have_attribute("data-state", state)


def make_avatar(page: Page | FrameLocator) -> None:
    """Choose a figure, keep it as it is, and wait until it is saved.

    By keys: in a frame that is scaled down, as previews are, a driven mouse misses its aim.
    """
    expect_state(page, "ready")
    frame = editor(page).frame_locator("iframe")
    frame.get_by_test_id(re.compile("^start-")).first.press("Enter")
    expect(frame.locator("html")).to_have_attribute("data-state", "editor")
    frame.get_by_test_id("next").press("Enter")
    expect_state(page, "saved")
