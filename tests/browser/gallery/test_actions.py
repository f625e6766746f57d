"""The buttons of ``<avaturn-gallery>`` in Chromium, and the same page without JavaScript."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from django_avaturn.gallery import PER_PAGE
from django_avaturn.models import Avatar
from tests import cards

from .page import ACTIVE, ask_to_delete, button, card, heard, hold_first, says


def test_make_active(gallery, quiet, ann):
    first, second = cards.card(ann, portrait="ready"), cards.card(ann)
    page = gallery()
    before = page.locator(".avaturn-card").element_handles()
    editors = page.locator("avaturn-editor").element_handles()
    image = card(page, first).locator("img").element_handle()
    for avatar in (first, second):
        button(page, avatar, "Make active").click()
        expect(card(page, avatar).get_by_text("Active", exact=True)).to_be_visible()
        says(page, ACTIVE)
        expect(page.get_by_text("Active", exact=True)).to_have_count(1)
        expect(card(page, avatar)).to_be_focused()  # its button is gone
        assert Avatar.objects.get(pk=avatar.pk).active
    page.wait_for_function("heard.length === 2")
    assert heard(page) == [{"action": "activate", "id": str(pk)} for pk in (first.pk, second.pk)]
    kept = [*before, *editors, image]
    assert all(node.evaluate("node => node.isConnected") for node in kept)
    assert page.navigations == []


def test_delete_asks_first(gallery, quiet, ann):
    avatar, other = cards.card(ann), cards.card(ann)
    page = gallery()
    for change_of_mind in (
        lambda: button(page, avatar, "Keep it").click(),
        lambda: page.keyboard.press("Escape"),
    ):
        ask_to_delete(page, avatar)
        expect(card(page, avatar).get_by_role("group", name="Delete this avatar?")).to_be_visible()
        change_of_mind()
        expect(button(page, avatar, "Delete for good")).to_be_hidden()
        expect(card(page, avatar).locator("summary")).to_be_focused()
    assert Avatar.objects.count() == 2
    ask_to_delete(page, avatar)
    button(page, avatar, "Delete for good").click()
    expect(card(page, avatar)).to_have_count(0)
    says(page, "The avatar is deleted.")
    expect(card(page, other)).to_be_focused()
    assert list(Avatar.objects.all()) == [other]
    assert page.navigations == []


def test_keyboard_alone(gallery, quiet, ann):
    avatar = cards.card(ann)
    page = gallery()
    button(page, avatar, "Open").focus()
    for key in ("Tab", "Tab", "Tab", "Enter", "Tab", "Enter"):  # …, Download, Delete, for good
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="No avatar yet")).to_be_visible()
    expect(page.get_by_role("button", name="New avatar")).to_be_focused()
    assert not Avatar.objects.exists()


def test_busy_while_it_acts_and_two_clicks_are_one(gallery, ann):
    avatar = cards.card(ann)
    page = gallery()
    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request))
    held = hold_first(page)
    make_active = button(page, avatar, "Make active")
    make_active.click()
    expect(card(page, avatar)).to_have_attribute("aria-busy", "true")
    make_active.click()
    held[0].continue_()
    says(page, ACTIVE)
    assert len(posts) == 1
    expect(card(page, avatar)).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize("failure", ["network", "server"])
def test_failure_can_be_tried_again(gallery, ann, failure):
    avatar = cards.card(ann)
    page = gallery()
    answers = {"network": lambda route: route.abort(), "server": lambda r: r.fulfill(status=500)}
    page.route("**/avatar/", answers[failure])
    button(page, avatar, "Make active").click()
    texts = {"network": "cannot be reached", "server": "Something went wrong"}
    says(page, re.compile(texts[failure]))
    assert heard(page) == []
    page.unroute("**/avatar/")
    page.get_by_role("button", name="Try again").click()
    says(page, ACTIVE)
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    assert page.navigations == []


def test_failed_refresh_after_success_only_refreshes_again(gallery, ann):
    avatar = cards.card(ann)
    page = gallery()
    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request))

    def break_get(route):
        route.abort() if route.request.method == "GET" else route.fallback()

    page.route("**/avatar/", break_get)
    button(page, avatar, "Make active").click()
    says(page, re.compile("cannot be reached"))
    page.wait_for_function("heard.length === 1")  # it has happened nevertheless
    page.unroute("**/avatar/")
    page.get_by_role("button", name="Try again").click()
    expect(card(page, avatar).get_by_text("Active", exact=True)).to_be_visible()
    assert len(posts) == 1


def test_logged_out_meanwhile(gallery, context, ann):
    avatar = cards.card(ann)
    page = gallery()
    context.clear_cookies(name="sessionid")
    button(page, avatar, "Make active").click()
    says(page, re.compile("not logged in any more"))
    expect(card(page, avatar)).to_be_visible()
    assert page.navigations == []
    with page.expect_navigation():
        page.get_by_role("button", name="Reload the page").click()
    assert "/accounts/login/?next=/avatar/" in page.url


def test_deleted_elsewhere(gallery, ann):
    avatar, other = cards.card(ann), cards.card(ann)
    page = gallery()
    Avatar.objects.filter(pk=avatar.pk).delete()
    button(page, avatar, "Make active").click()
    says(page, "This avatar does not exist any more.")
    expect(card(page, avatar)).to_have_count(0)
    expect(card(page, other)).to_be_visible()
    assert heard(page) == []


def test_stale_token_asks_for_a_reload(gallery, context, ann):
    avatar = cards.card(ann)
    page = gallery()
    context.clear_cookies(name="csrftoken")
    button(page, avatar, "Make active").click()
    says(page, re.compile("out of date"))
    expect(page.get_by_role("button", name="Reload the page")).to_be_visible()


def test_not_possible_any_more(gallery, ann):
    avatar = cards.card(ann, "lost")
    page = gallery()
    avatar.files.update(state="pending")
    button(page, avatar, "Fetch again").click()
    says(page, re.compile("not possible any more"))
    expect(button(page, avatar, "Fetch again")).to_have_count(0)
    expect(card(page, avatar).get_by_text("On its way", exact=True)).to_be_visible()
    assert heard(page) == []


def test_pages_are_kept(gallery, ann):
    for _ in range(PER_PAGE + 2):
        cards.card(ann, "missing")
    page = gallery("?page=2")
    expect(page.locator(".avaturn-card")).to_have_count(2)
    page.get_by_role("button", name="Make active").first.click()
    says(page, ACTIVE)
    expect(page.locator(".avaturn-card")).to_have_count(2)
    assert page.url.endswith("?page=2")


def test_in_a_page_of_the_site_with_a_strict_policy(gallery, quiet, ann, settings):
    """Fails by what the console would say of anything inline."""
    settings.ROOT_URLCONF = "tests.gallery_urls"
    avatar = cards.card(ann, portrait="ready")
    page = gallery(address="/mine/")
    expect(card(page, avatar).get_by_role("img")).to_have_js_property("naturalWidth", 288)
    button(page, avatar, "Make active").click()
    expect(card(page, avatar).get_by_text("Active", exact=True)).to_be_visible()
    page.wait_for_function("heard.length === 1")
    assert page.url.endswith("/mine/") and page.navigations == []


def test_a_picture_that_does_not_load_gives_way_to_the_figure(gallery, ann):
    avatar = cards.card(ann, portrait="ready")
    file = avatar.portrait.file
    file.storage.delete(file.name)
    page = gallery()
    image = card(page, avatar).locator("img")
    page.wait_for_function("document.querySelector('avaturn-gallery').matches(':defined')")
    image.evaluate_all("images => images.forEach((image) => (image.srcset = ''))")
    expect(image).to_have_count(0)
    expect(card(page, avatar).locator(".avaturn-placeholder")).to_be_visible()


def test_without_javascript(plain_page, live_server, ann):
    page = plain_page
    expect(page.locator(".avaturn-noscript")).to_be_visible()
    avatar, other = cards.card(ann), cards.card(ann)
    page.reload()
    expect(page.locator(".avaturn-noscript").locator("visible=true")).to_have_count(1)
    expect(page.get_by_role("button", name="New avatar")).to_be_hidden()
    expect(page.get_by_role("button", name="Open")).to_have_count(0)
    button(page, avatar, "Make active").click()
    expect(page.get_by_text(ACTIVE)).to_be_visible()
    expect(card(page, avatar).get_by_text("Active", exact=True)).to_be_visible()
    with page.expect_download() as download:
        card(page, avatar).get_by_role("link", name="Download GLB").click()
    assert download.value.path().read_bytes() == b"glTF"
    ask_to_delete(page, avatar)
    expect(button(page, avatar, "Keep it")).to_be_hidden()
    button(page, avatar, "Delete for good").click()
    expect(page.get_by_text("The avatar is deleted.")).to_be_visible()
    assert list(Avatar.objects.all()) == [other]


def test_right_to_left_and_narrow(gallery, visitor, ann):
    cards.card(ann, portrait="ready")
    cards.card(ann, "outdated")
    visitor.set_viewport_size({"width": 320, "height": 700})
    page = gallery()
    for direction in ("ltr", "rtl"):
        page.evaluate(f"document.documentElement.dir = {json.dumps(direction)}")
        page.locator("summary").first.click()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == 320


def test_an_unconfirmed_avatar_explains_itself_and_stays_explained(gallery, quiet, ann):
    avatar, other = cards.card(ann, avaturn_id=""), cards.card(ann)
    page = gallery()
    card(page, avatar).locator("summary", has_text="Not confirmed").focus()
    page.keyboard.press("Enter")
    told = card(page, avatar).get_by_text("cannot ask Avaturn")
    expect(told).to_be_visible()
    button(page, other, "Make active").click()
    says(page, ACTIVE)
    expect(told).to_be_visible()
    card(page, avatar).locator("summary", has_text="Delete").click()
    question = card(page, avatar).get_by_role("group", name="Delete this avatar?")
    expect(question.get_by_text("Avaturn keeps its own")).to_be_visible()
    expect(card(page, other).get_by_text("Not confirmed")).to_have_count(0)
