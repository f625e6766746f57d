"""The editor in every state, in the page and in a dialog; and what it is to a keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_editor import state

from .audit import faults


def test_opening_and_failed(show_tag, site):
    held = []
    site.route("**/avatar/sessions/", lambda route: held.append(route))
    show_tag("avaturn_editor")
    state(site, "opening")
    assert faults(site) == []
    expect(site.locator("avaturn-editor")).to_have_attribute("aria-busy", "true")
    held[0].abort()
    state(site, "failed")
    assert faults(site) == []
    expect(site.locator("avaturn-editor").get_by_role("status")).to_contain_text(
        "cannot be reached"
    )


def test_ready(show_tag, site):
    show_tag("avaturn_editor")
    state(site, "ready")
    assert faults(site) == []
    assert site.locator("iframe").get_attribute("title") == "Avatar editor"


def test_consent(show_tag, site, configure):
    configure(CONSENT_VERSION="1")
    show_tag("avaturn_editor")
    state(site, "consent")
    assert faults(site) == []


def test_dialog(show_tag, site, configure):
    configure(CONSENT_VERSION="1")
    show_tag("avaturn_editor dialog=True")
    assert faults(site) == []
    site.get_by_role("button", name="Edit avatar").click()
    state(site, "consent")
    assert faults(site) == []
    site.route("**/avatar/sessions/", lambda route: route.abort())
    site.get_by_role("button", name="Agree and continue").click()
    state(site, "failed")
    assert faults(site) == []


INSIDE = "document.querySelector('dialog').contains(document.activeElement)"


@pytest.mark.parametrize("way_out", ["Escape", "button"])
def test_dialog_keeps_the_focus_and_gives_it_back(show_tag, site, way_out):
    site.route("**/avatar/sessions/", lambda route: route.abort())
    show_tag("avaturn_editor dialog=True")
    opener = site.get_by_role("button", name="Edit avatar")
    opener.focus()
    site.keyboard.press("Enter")
    state(site, "failed")
    expect(site.get_by_role("button", name="Retry")).to_be_focused()
    for _ in range(5):
        site.keyboard.press("Tab")
        # The browser's own controls come between the last and the first.
        assert site.evaluate(f"{INSIDE} || document.activeElement === document.body")
    if way_out == "Escape":
        site.keyboard.press("Escape")
    else:
        site.get_by_role("button", name="Close the editor").press("Enter")
    expect(site.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
