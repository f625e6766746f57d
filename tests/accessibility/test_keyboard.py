"""A whole visit without a mouse: Tab, Enter, Space, Escape, and always a visible focus."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests import cards
from tests.browser.photos.page import PARTS, note
from tests.browser.test_editor import state
from tests.photographs import photo

VISIBLE = """() => {
  const node = document.activeElement;
  const shown = node.matches("input[type=file]") ? node.closest("label") : node;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(shown);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
}"""
FOCUSED = "node => node === document.activeElement"
LIMIT = 60
"""How many stops a page may have before the one that is wanted."""


class Keys:
    """Somebody at the keyboard."""

    def __init__(self, page):
        self.page = page

    def to(self, target):
        """Tab until it has the focus; each stop on the way has to be seen."""
        for _ in range(LIMIT):
            if target.evaluate(FOCUSED):
                return self
            self.page.keyboard.press("Tab")
            on_page = self.page.evaluate("document.activeElement.matches('body, html, iframe')")
            assert on_page or self.page.evaluate(VISIBLE), self.page.evaluate(
                "document.activeElement.outerHTML.slice(0, 200)"
            )
        return pytest.fail(f"Tab does not lead to {target}")

    def into(self, target):
        """The same inside a frame, whose stops are the editor's."""
        for _ in range(3 * LIMIT):
            if target.evaluate(FOCUSED):
                return self
            self.page.keyboard.press("Tab")
        return pytest.fail(f"Tab does not lead to {target}")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text):
        self.page.keyboard.type(text)
        return self


@pytest.fixture
def keys(site):
    return Keys(site)


@pytest.fixture
def example(settings, site):
    """The example site, with nobody logged in."""
    from tests.example.conftest import SAME, example_settings

    for name in SAME:
        setattr(settings, name, getattr(example_settings, name))
    settings.USE_SANDBOX = True
    site.context.clear_cookies()
    get_user_model().objects.create_user("keyboard", password="no mouse")
    return site


def save_in_the_editor(keys, editor):
    """From outside, Tab leads into the frame; there a figure is chosen, and kept."""
    frame = editor.frame_locator("iframe")
    inside = frame.locator("#starters button").first
    expect(inside).to_be_visible()
    editor.locator("iframe").focus()
    keys.into(inside).press("Enter")
    expect(frame.locator("html")).to_have_attribute("data-state", "editor")
    keys.into(frame.get_by_test_id("next")).press("Enter")


def test_from_log_in_to_the_gallery(example, keys, live_server):
    page = example
    page.goto(f"{live_server.url}/profile/")
    keys.to(page.get_by_label("Username")).type("keyboard")
    keys.to(page.get_by_label("Password")).type("no mouse").press("Enter")
    page.wait_for_url("**/profile/")
    editor = page.locator("main avaturn-editor")
    expect(editor).to_have_attribute("data-state", "ready")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("main")).to_be_focused()
    save_in_the_editor(keys, editor)
    expect(editor).to_have_attribute("data-state", "saved")
    assert Avatar.objects.get().active


def test_dialog_of_the_gallery(site, keys, live_server):
    site.goto(f"{live_server.url}/avatar/")
    opener = site.get_by_role("button", name="New avatar")
    keys.to(opener).press("Space")
    dialog = site.get_by_role("dialog", name="Avatar editor")
    expect(dialog).to_be_visible()
    editor = site.locator("avaturn-editor:has(dialog[open])")
    state(site, "ready")
    save_in_the_editor(keys, editor)
    expect(site.locator(".avaturn-card")).to_have_count(1)
    if dialog.is_visible():
        site.locator(".avaturn-close").focus()
        keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_gallery_activate_and_delete(site, keys, live_server, ann):
    old, new = (cards.card(ann, portrait="ready") for _ in range(2))
    cards.activate(old)
    site.goto(f"{live_server.url}/avatar/")
    card = site.locator(f"#avaturn-{new.pk}")
    keys.to(card.get_by_role("button", name="Make active")).press("Enter")
    expect(card.get_by_text("Active", exact=True)).to_be_visible()
    expect(card).to_be_focused()
    question = card.locator("summary").filter(has_text="Delete")
    keys.to(question).press("Enter")
    keys.to(card.get_by_role("button", name="Delete for good")).press("Escape")
    expect(question).to_be_focused()
    expect(card.get_by_role("button", name="Delete for good")).to_be_hidden()
    keys.press("Space")
    keys.to(card.get_by_role("button", name="Keep it")).press("Space")
    expect(question).to_be_focused()
    keys.press("Enter")
    keys.to(card.get_by_role("button", name="Delete for good")).press("Enter")
    expect(card).to_have_count(0)
    assert list(Avatar.objects.all()) == [old]
    # Whoever deleted it is not sent to the top of the page.
    assert not site.evaluate("document.activeElement === document.body")


def test_photo_form(show_tag, site, keys, sandbox):
    sandbox.processing_seconds = 0
    show_tag("avaturn_photo_form")
    keys.to(site.get_by_role("button", name="Make my avatar")).press("Enter")
    expect(note(site, PARTS[0])).to_contain_text("Add this photo.")
    first = site.locator("input[type=file]").first
    expect(first).to_be_focused()  # the first mistake
    for seed, part in enumerate(PARTS):
        target = site.locator(f"[data-part={part}] input[type=file]")
        keys.to(target)
        with site.expect_file_chooser() as chooser:
            keys.press("Space")
        file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(seed)}
        chooser.value.set_files(file)
        expect(site.locator(f"[data-part={part}]")).to_have_attribute("data-filled", "")
    female = site.get_by_label("Female")
    keys.to(female).press("Space")
    expect(female).to_be_checked()
    keys.to(site.get_by_role("button", name="Make my avatar")).press("Enter")
    expect(site.get_by_role("button", name="Open in the editor")).to_be_focused()
    assert Avatar.objects.count() == 1
