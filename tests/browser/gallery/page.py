"""What the tests do with the gallery's page, and read on it."""

from __future__ import annotations

from playwright.sync_api import expect

ACTIVE = "This is your active avatar now."


def card(page, avatar):
    return page.locator(f"#avaturn-{avatar.pk}")


def button(page, avatar, name):
    return card(page, avatar).get_by_role("button", name=name)


def says(page, text):
    expect(page.locator(".avaturn-gallery-outcome [role=status]")).to_have_text(text)


def ask_to_delete(page, avatar):
    card(page, avatar).locator("summary").click()


def heard(page):
    return page.evaluate("heard")


def dispatch(page, name, detail):
    page.evaluate(
        "([name, detail]) => document.dispatchEvent(new CustomEvent(name, { detail }))",
        [name, detail],
    )


def stored(page, avatar, status="ready", **states):
    files = {kind: {"state": state} for kind, state in states.items()}
    files = {"model": None, "portrait": None, **files}
    told = {"id": str(avatar.pk), "status": status, **files}
    dispatch(page, "avaturn:stored", {"avatar": told})


def hold_first(page):
    """The first request to the gallery's address waits here until the test lets it go."""
    held = []

    def hold(route):
        route.continue_() if held else held.append(route)

    page.route("**/avatar/", hold)
    return held


def open_dialog(page, element):
    """As if the editor were open, without its frame."""
    element.locator("dialog").evaluate("dialog => dialog.showModal()")
