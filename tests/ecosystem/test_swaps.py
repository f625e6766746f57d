"""Pages that change without being loaded anew: htmx 2, htmx 4 and Turbo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_avaturn.models import Avatar
from tests.ecosystem.community.views import TURBO
from tests.ecosystem.editing import editor, expect_state, make_avatar
from tests.ecosystem.policy import policy

HTMX = ["htmx-2", "htmx-4"]

LISTENERS = """
window.listening = new Set();
const { addEventListener, removeEventListener } = EventTarget.prototype;
const name = (target, type, listener) =>
  (target === window || target === document) && [target === window, type, listener];
const same = (one) => [...listening].find((other) => one.every((part, n) => part === other[n]));
EventTarget.prototype.addEventListener = function (type, listener, options) {
  const one = name(this, type, listener);
  if (one && !same(one)) listening.add(one);
  if (one) options?.signal?.addEventListener("abort", () => listening.delete(same(one)));
  return addEventListener.call(this, type, listener, options);
};
EventTarget.prototype.removeEventListener = function (type, listener, options) {
  const one = name(this, type, listener);
  if (one) listening.delete(same(one));
  return removeEventListener.call(this, type, listener, options);
};
"""
"""Keeps count of who listens to the window and the document."""


@pytest.fixture
def open_app(live_server: Any, as_member: Page, without_pictures: None) -> Any:
    """Go to a page that a library has taken over."""

    def go(library: str, part: str) -> Page:
        as_member.goto(f"{live_server.url}/app/{library}/{part}/")
        return as_member

    return go


@pytest.fixture
def turbo(site: Any, sandbox_server: Any) -> None:
    """Turbo's script is there, and may write its style sheet into the page."""
    if not Path(TURBO).is_file():
        told = pytest.fail if os.environ.get("CI") else pytest.skip
        told("TURBO does not lead to Turbo's script; run `tox run -e ecosystem-django61`")
    inline = {"style-src": ["'self'", "'unsafe-inline'"]}
    for name, value in policy(sandbox_server.url, inline).items():
        setattr(site, name, value)


def swap_in(page: Page, part: str) -> None:
    page.get_by_role("button", name=f"Swap in {part}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(part)


def go_to(page: Page, part: str) -> None:
    page.get_by_role("link", name=f"Go to {part}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(part)


def is_listening(page: Page) -> int:
    return int(page.evaluate("listening.size"))


@pytest.mark.parametrize("library", HTMX)
def test_editor_comes_and_goes(open_app, as_member, library, sandbox):
    as_member.add_init_script(LISTENERS)
    page = open_app(library, "text")
    counts = []
    for _ in range(3):
        swap_in(page, "editor")
        expect_state(page, "ready")
        swap_in(page, "text")
        expect(page.locator("iframe")).to_have_count(0)
        counts.append(is_listening(page))
    assert counts[0] > 0
    assert len(set(counts)) == 1
    assert sandbox.count("createSession") == 3
    swap_in(page, "editor")
    make_avatar(page)
    assert Avatar.objects.get().active


@pytest.mark.parametrize("library", HTMX)
def test_editor_that_leaves_while_it_opens_asks_no_further(open_app, library, sandbox):
    page = open_app(library, "text")
    sandbox.fail_next("createSession", latency=3)
    with page.expect_request("**/avatar/sessions/") as asked:
        swap_in(page, "editor")
    with page.expect_event("requestfailed") as failed:
        swap_in(page, "text")
    assert failed.value == asked.value
    swap_in(page, "editor")
    expect_state(page, "ready")
    expect(page.locator("iframe")).to_have_count(1)
    assert sandbox.count("createSession") == 2


@pytest.mark.parametrize("library", HTMX)
def test_dialog_in_a_part_that_was_swapped_in(open_app, library):
    page = open_app(library, "text")
    swap_in(page, "dialog")
    page.get_by_role("button", name="Edit avatar").click()
    make_avatar(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Edit avatar")).to_be_focused()


@pytest.mark.parametrize("library", HTMX)
def test_gallery_in_a_page_that_has_none_at_its_own_address(open_app, library, ann, stored):
    first, _ = stored(ann), stored(ann)
    page = open_app(library, "text")
    swap_in(page, "gallery")
    card = page.locator(f"#avaturn-{first.pk}")
    card.get_by_role("button", name="Make active").click()
    expect(card).to_contain_text("Active")
    card.get_by_text("Delete", exact=True).click()
    card.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".avaturn-card")).to_have_count(1)
    expect(page.get_by_text("The avatar is deleted.")).to_be_visible()


def there_and_back(page: Page, sandbox: Any) -> None:
    """Leave a page with an open editor by a link, come back by the browser's button, use it."""
    expect_state(page, "ready")
    page.evaluate("window.stayed = true")
    go_to(page, "text")
    expect(page.locator("iframe")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("editor")
    make_avatar(page)
    expect(page.locator("iframe")).to_have_count(1)
    assert page.evaluate("window.stayed") is True
    assert sandbox.count("createSession") == 2
    link = editor(page).locator("iframe").get_attribute("src")
    assert "token=" in link
    kept = page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")
    assert "token=" not in kept


@pytest.mark.parametrize("library", HTMX)
def test_boosted_links_and_back(open_app, library, sandbox):
    there_and_back(open_app(library, "editor"), sandbox)


def test_turbo_visits_and_back(turbo, open_app, sandbox):
    page = open_app("turbo", "editor")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    there_and_back(page, sandbox)
    go_to(page, "gallery")
    expect(page.locator(".avaturn-card")).to_have_count(1)
    sandbox.calls.clear()
    asked.clear()
    go_to(page, "editor")  # a preview from Turbo's cache at first, which asks for no link
    expect(page.locator("html")).not_to_have_attribute("data-turbo-preview", "")
    expect_state(page, "ready")
    expect(page.locator("iframe")).to_have_count(1)
    assert sandbox.count("createSession") == 1
    assert len([url for url in asked if url.endswith("/avatar/sessions/")]) == 1
