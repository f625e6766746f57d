"""``<avaturn-gallery>`` shows by itself what has changed, and leaves open editors alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests import cards

from .page import (
    ask_to_delete,
    button,
    card,
    dispatch,
    hold_first,
    open_dialog,
    says,
    stored,
)


def test_an_open_question_elsewhere_stays_open(gallery, ann):
    avatar, other = cards.card(ann), cards.card(ann)
    page = gallery()
    ask_to_delete(page, other)
    button(page, other, "Delete for good").focus()
    stored(page, avatar, model="failed")
    with page.expect_response(lambda response: response.request.method == "GET"):
        stored(page, avatar, model="failed")
    expect(button(page, other, "Delete for good")).to_be_focused()


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


def test_gallery_that_a_script_has_put_into_another_page(visitor, live_server, ann):
    """What it shows anew comes from the gallery's own page then."""
    avatar, other = cards.card(ann), cards.card(ann)
    visitor.goto(f"{live_server.url}/page/?dialog=1")
    visitor.evaluate(
        """async () => {
          const text = await (await fetch("/avatar/")).text();
          const page = new DOMParser().parseFromString(text, "text/html");
          document.body.append(page.querySelector("avaturn-gallery"));
          await import("/static/django_avaturn/gallery.js");
        }"""
    )
    ask_to_delete(visitor, avatar)
    button(visitor, avatar, "Delete for good").click()
    expect(card(visitor, avatar)).to_have_count(0)
    expect(card(visitor, other)).to_be_visible()
    says(visitor, "The avatar is deleted.")


@pytest.mark.parametrize("reduced", [True, False])
def test_in_the_making_it_moves_where_that_is_wanted(gallery, visitor, ann, reduced):
    avatar = cards.card(ann, "processing")
    visitor.emulate_media(reduced_motion="reduce" if reduced else "no-preference")
    page = gallery()
    bar = card(page, avatar).get_by_role("progressbar", name="Processing")
    expect(bar).to_be_visible()
    name = bar.evaluate("bar => getComputedStyle(bar, '::after').animationName")
    assert (name == "none") == reduced


@pytest.mark.parametrize("outcome", ["ready", "failed"])
def test_what_avaturn_has_made_appears_by_itself(
    gallery, quiet, ann, make_avatar, sandbox, outcome
):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "processing")
    Avatar.objects.update(status="processing", customized=False)
    page = gallery()
    expect(card(page, avatar).get_by_role("progressbar")).to_be_visible()
    sandbox.set_status(str(avatar.pk), outcome)
    expect(card(page, avatar)).to_have_attribute("data-state", outcome)
    expect(card(page, avatar).get_by_role("progressbar")).to_have_count(0)
    assert page.navigations == []


def test_what_is_being_deleted_is_not_asked_for(gallery, visitor, ann):
    """Its address is a 404 from then on, and the page may hear of that late."""
    avatar = cards.card(ann, "processing")
    visitor.clock.install()
    visitor.add_init_script(
        "const ask = fetch; window.asked = [];"
        "window.fetch = (url, ...rest) => (asked.push(String(url)), ask(url, ...rest))"
    )
    page = gallery()

    def asked_for_it():
        """How often in some minutes."""
        page.evaluate("asked.length = 0")
        for _ in range(6):
            page.clock.run_for(30_000)
            page.evaluate("0")  # lets answers come in
        return page.evaluate("id => asked.filter((url) => url.includes(id)).length", str(avatar.pk))

    page.route(f"**/avatars/{avatar.pk}/", lambda route: route.abort())
    with page.expect_request(f"**/avatars/{avatar.pk}/"):
        page.clock.run_for(30_000)
    page.route("**/avatar/", lambda route: None)  # the answer does not come
    ask_to_delete(page, avatar)
    with page.expect_request("**/avatar/"):
        button(page, avatar, "Delete for good").click()
    assert not asked_for_it()


def test_a_visitor_makes_the_first_avatar(page, live_server, sandbox, configure, ann):
    configure(ALLOW_GUESTS=True)
    cards.card(ann)
    page.goto(f"{live_server.url}/avatar/")
    expect(page.get_by_role("heading", name="No avatar yet")).to_be_visible()
    page.get_by_role("button", name="New avatar").click()
    frame = page.frame_locator(".avaturn-gallery-head iframe")
    frame.get_by_test_id(re.compile("^start-")).first.click()
    frame.get_by_test_id("next").click()
    expect(page.locator(".avaturn-card")).to_have_count(1)
    expect(page.get_by_text("You are not logged in.")).to_be_visible()
    page.locator("summary").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="No avatar yet")).to_be_visible()
    assert Avatar.objects.filter(profile__user=ann).count() == Avatar.objects.count() == 1
