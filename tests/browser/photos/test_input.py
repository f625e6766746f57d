"""What is chosen: made to fit, or told what is wrong with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests import photographs
from tests.browser.photos.page import (
    PARTS,
    fill,
    note,
    pictures,
    put,
    says,
    send,
    sent,
    slot,
    state,
)
from tests.photographs import photo

pytestmark = pytest.mark.urls("tests.photo_urls")


def test_photos_are_made_upright_and_lose_their_metadata(form, sandbox):
    page = form()
    bodies = sent(page)
    exif = photographs.noted(6)
    exif[0x010E] = "HOME ADDRESS"
    fill(page, image_frontal=photo(0, size=(800, 600), exif=exif))
    send(page)
    state(page, "ready")
    first, *_ = pictures(bodies[0])
    assert (first.format, first.size) == ("JPEG", (600, 800))
    assert not first.getexif()
    assert b"HOME ADDRESS" not in bodies[0]


def test_large_pictures_and_other_kinds_are_made_to_fit(form, sandbox):
    page = form()
    bodies = sent(page)
    fill(page, image_frontal=photo(0, size=(6000, 7000)), image_side_1=photo(1, "GIF"))
    send(page)
    state(page, "ready")
    first, second, _ = pictures(bodies[0])
    assert first.size == (3511, 4096)
    assert (second.format, second.size) == ("JPEG", (600, 800))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Dear Sir or Madam", "cannot read this"),
        (photographs.heic(), "cannot read this"),
        (photo(size=(60, 800)), "too small"),
    ],
)
def test_what_the_browser_cannot_use_is_told_at_its_place(form, data, text):
    page = form()
    put(page, PARTS[1], data)
    expect(note(page, PARTS[1])).to_contain_text(text)
    field = slot(page, PARTS[1]).locator("input")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert note(page, PARTS[1]).get_attribute("id") in field.get_attribute("aria-describedby")
    put(page, PARTS[1], photo())
    expect(note(page, PARTS[1])).to_have_text("")
    expect(field).to_have_attribute("aria-invalid", "false")


def test_small_photo_is_taken_with_a_warning(form, sandbox):
    page = form()
    fill(page, image_side_2=photo(2, size=(300, 400)))
    expect(note(page, PARTS[2])).to_contain_text("may lack detail")
    send(page)
    state(page, "ready")


def test_what_is_missing_is_told_and_gets_the_focus(form, sandbox):
    page = form()
    put(page, PARTS[0], photo())
    send(page)
    expect(note(page, PARTS[1])).to_have_text("Add this photo.")
    expect(page.get_by_text("Choose a body.")).to_be_visible()
    expect(slot(page, PARTS[1]).locator("input")).to_be_focused()
    put(page, PARTS[1], b"Dear Sir or Madam")
    expect(note(page, PARTS[1])).to_contain_text("cannot read this")
    send(page)
    expect(note(page, PARTS[1])).to_contain_text("cannot read this")  # says more than "missing"
    for seed in (1, 2):
        put(page, PARTS[seed], photo(seed))
        expect(slot(page, PARTS[seed])).to_have_attribute("data-filled", "")
    send(page)
    expect(page.get_by_role("radio", name="Female")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("Choose a body.")).to_have_count(0)
    state(page, "idle")
    assert not sandbox.calls


def test_refusal_of_the_server_is_shown_at_its_place(form, sandbox):
    page = form()
    fill(page, image_side_2=photo(1))  # the same as the other side
    send(page)
    expect(note(page, PARTS[2])).to_contain_text("three different")
    state(page, "idle")
    expect(slot(page, PARTS[2]).locator("input")).to_be_focused()
    assert not sandbox.calls
    put(page, PARTS[2], photo(2))
    expect(note(page, PARTS[2])).to_have_text("")
    send(page)
    state(page, "ready")
    assert page.evaluate("heard[0]") == ["error", "invalid"]


@pytest.mark.parametrize(
    ("fault", "text"),
    [({"status": 422}, "could not use these photos"), ({"status": 500}, "cannot be reached")],
)
def test_failed_upload_can_be_tried_again(form, sandbox, fault, text):
    page = form()
    fill(page)
    sandbox.fail_next("uploadPhotos", **fault)
    send(page)
    state(page, "failed")
    says(page, text)
    expect(page.get_by_role("button", name="Retry")).to_be_focused()
    page.keyboard.press("Enter")
    state(page, "ready")
    assert Avatar.objects.count() == 1


def test_web_server_that_takes_no_such_upload(form, sandbox):
    """As nginx does, which takes 1 MB unless it is told otherwise."""
    page = form()
    fill(page)
    answer = {"status": 413, "content_type": "text/html", "body": "<h1>Too Large</h1>"}
    page.route("**/avatar/avatars/", lambda route: route.fulfill(**answer))
    send(page)
    state(page, "failed")
    says(page, "Use smaller ones, or tell the site's operators")


def test_site_that_cannot_be_reached(form, sandbox):
    page = form()
    fill(page)
    page.route("**/avatar/avatars/", lambda route: route.abort())
    send(page)
    state(page, "failed")
    says(page, "Check your connection")
    page.unroute("**/avatar/avatars/")
    page.get_by_role("button", name="Retry").click()
    state(page, "ready")
