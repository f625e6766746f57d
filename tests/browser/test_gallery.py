"""``<avaturn-gallery>`` in Chromium, and the same page with JavaScript switched off."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from django_avaturn.gallery import PER_PAGE
from django_avaturn.models import Avatar
from tests import cards

ACTIVE = "This is your active avatar now."


@pytest.fixture
def gallery(visitor, live_server, ann):
    """Open the page, and count what must not happen: navigations."""

    def open_gallery(query="", address="/avatar/"):
        visitor.goto(f"{live_server.url}{address}{query}")
        visitor.evaluate("customElements.whenDefined('avaturn-gallery').then(() => true)")
        visitor.evaluate(
            """() => {
              window.heard = [];
              addEventListener("avaturn:changed", ({ detail }) => heard.push(detail));
            }"""
        )
        visitor.on("framenavigated", lambda frame: visitor.navigations.append(frame.url))
        return visitor

    visitor.navigations = []
    return open_gallery


@pytest.fixture
def quiet(visitor):
    """A page whose console must not complain of anything but that the site has no icon."""
    complaints = []

    def listen(line):
        if line.type == "error" and not line.location["url"].endswith("/favicon.ico"):
            complaints.append(line.text)

    visitor.on("pageerror", lambda error: complaints.append(str(error)))
    visitor.on("console", listen)
    yield visitor
    assert complaints == []


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


def stored(page, avatar, **states):
    files = {kind: {"state": state} for kind, state in states.items()}
    files = {"model": None, "portrait": None, **files}
    dispatch(page, "avaturn:stored", {"avatar": {"id": str(avatar.pk), **files}})


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


def test_an_open_question_elsewhere_stays_open(gallery, ann):
    avatar, other = cards.card(ann), cards.card(ann)
    page = gallery()
    ask_to_delete(page, other)
    button(page, other, "Delete for good").focus()
    stored(page, avatar, model="failed")
    with page.expect_response(lambda response: response.request.method == "GET"):
        stored(page, avatar, model="failed")
    expect(button(page, other, "Delete for good")).to_be_focused()


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


def test_new_avatars_and_files_appear_by_themselves(gallery, quiet, ann):
    avatar = cards.card(ann, "coming")
    page = gallery()
    made = cards.card(ann, "coming")
    dispatch(page, "avaturn:saved", {"avatar": {"id": str(made.pk), "model": {"state": "pending"}}})
    expect(card(page, made)).to_be_visible()
    avatar.files.all().delete()
    cards.model(avatar, "ready", has_file=True)
    cards.picture(avatar)
    stored(page, avatar, model="ready", portrait="ready")
    expect(card(page, avatar).get_by_role("link", name="Download GLB")).to_be_visible()
    expect(card(page, avatar).get_by_role("img")).to_have_js_property("naturalWidth", 288)  # 18rem
    assert page.navigations == []


def test_what_is_shown_already_is_not_fetched_again(gallery, ann):
    avatar = cards.card(ann)
    page = gallery()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    stored(page, avatar, model="ready")
    page.evaluate("document.querySelector('avaturn-gallery').refresh()")
    assert [url for url in asked if url.endswith("/avatar/")] == [page.url]


def test_an_open_editor_is_left_alone_until_it_closes(gallery, ann):
    avatar = cards.card(ann)
    page = gallery()
    editor = card(page, avatar).locator("avaturn-editor")
    open_dialog(page, editor)
    made = cards.card(ann)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    dispatch(page, "avaturn:saved", {"avatar": {"id": str(made.pk), "model": None}})
    with page.expect_response("**/avatar/"):
        editor.evaluate("editor => editor.close()")
    expect(card(page, made)).to_be_visible()
    assert [url for url in asked if url.endswith("/avatar/")] == [page.url]


def test_an_editor_that_opens_while_it_refreshes_stays(gallery, ann):
    avatar = cards.card(ann)
    page = gallery()
    held = hold_first(page)
    with page.expect_request("**/avatar/"):
        stored(page, avatar, model="failed")
    Avatar.objects.all().delete()
    editor = card(page, avatar).locator("avaturn-editor")
    open_dialog(page, editor)
    with page.expect_response("**/avatar/"):
        held[0].continue_()
    expect(editor.get_by_role("dialog")).to_be_visible()
    editor.evaluate("editor => editor.close()")
    expect(card(page, avatar)).to_have_count(0)


def test_whole_way_with_the_editor(gallery, ann, make_avatar, sandbox):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    Avatar.objects.update(status="ready")
    page = gallery()
    expect(card(page, avatar)).to_have_attribute("data-state", "missing")
    button(page, avatar, "Open").click()
    editor = card(page, avatar).locator("avaturn-editor")
    editor.frame_locator("iframe").get_by_test_id("next").click()
    expect(editor.get_by_role("dialog")).to_be_hidden()
    expect(card(page, avatar).get_by_text("Active", exact=True)).to_be_visible()
    expect(card(page, avatar)).to_have_attribute("data-state", "ready")
    expect(card(page, avatar).get_by_role("link", name="Download GLB")).to_be_visible()


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


@pytest.fixture
def plain_page(browser, live_server, sandbox, client, ann):
    """A browser without JavaScript, in which Ann is logged in."""
    client.force_login(ann)
    context = browser.new_context(java_script_enabled=False)
    value = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/avatar/")
    yield page
    context.close()


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
