"""The camera of the photo form: it takes pictures, and is off afterwards."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.photos.page import (
    PARTS,
    fill,
    note,
    send,
    slot,
    state,
)
from tests.chromium import ARGUMENTS, LIMIT

pytestmark = pytest.mark.urls("tests.photo_urls")


@pytest.fixture
def with_camera(browser, live_server, visitor, sandbox):
    """A page in a browser with a camera that shows a test picture."""
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    second = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *fake]
    )
    context = second.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT)
    context.add_cookies(visitor.context.cookies())
    page = context.new_page()
    page.goto(f"{live_server.url}/photos/")
    yield page
    second.close()


def test_picture_is_taken_with_the_camera(with_camera):
    page = with_camera
    taker = slot(page, PARTS[1]).get_by_role("button", name="Take a picture")
    taker.click()
    dialog = page.get_by_role("dialog", name="Left side")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(slot(page, PARTS[1]).locator("canvas")).to_be_hidden()
    taker.click()
    expect(dialog.get_by_text("left ear")).to_be_visible()
    dialog.get_by_role("button", name="Take the picture").click()
    expect(dialog).to_be_hidden()
    expect(slot(page, PARTS[1])).to_have_attribute("data-filled", "")
    assert page.evaluate("document.querySelector('video').srcObject") is None
    expect(slot(page, PARTS[1]).get_by_role("button", name="Take again")).to_be_visible()


def test_camera_goes_off_when_the_form_is_swapped_out(with_camera):
    page = with_camera
    page.evaluate(
        """() => {
          const { dataset } = document.body;
          const { mediaDevices } = navigator;
          const ask = mediaDevices.getUserMedia.bind(mediaDevices);
          const allowed = new Promise((resolve) => (window.allow = resolve));
          mediaDevices.getUserMedia = async (wanted) => {
            dataset.camera = "asked for";
            await allowed;
            const stream = await ask(wanted);
            const [track] = stream.getTracks();
            dataset.camera = track.readyState;
            const stop = track.stop.bind(track);
            track.stop = () => {
              stop();
              dataset.camera = track.readyState;
            };
            return stream;
          };
        }"""
    )
    body = page.locator("body")
    slot(page, PARTS[0]).get_by_role("button", name="Take a picture").click()
    expect(body).to_have_attribute("data-camera", "asked for")
    page.evaluate("document.querySelector('avaturn-photos').remove()")
    page.evaluate("allow()")
    expect(body).to_have_attribute("data-camera", "ended")


def test_failed_take_again_leaves_the_photo(form, visitor, sandbox):
    visitor.add_init_script(
        "MediaDevices.prototype.enumerateDevices = async () => [{ kind: 'videoinput' }]"
    )
    page = form()
    fill(page)
    slot(page, PARTS[0]).get_by_role("button", name="Take again").click()
    expect(note(page, PARTS[0])).to_contain_text("The camera cannot be used")
    expect(note(page, PARTS[0])).to_have_attribute("data-kind", "warning")
    send(page)
    state(page, "ready")


def test_camera_that_cannot_be_used_leaves_the_files(form, visitor):
    visitor.add_init_script(
        "MediaDevices.prototype.enumerateDevices = async () => [{ kind: 'videoinput' }]"
    )
    page = form()
    place = slot(page, PARTS[0])
    taker = place.get_by_role("button", name="Take a picture")
    taker.click()
    expect(note(page, PARTS[0])).to_contain_text("The camera cannot be used")
    expect(taker).to_be_hidden()
    expect(place.locator("input")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_no_camera_is_offered_where_browsers_give_none(form, visitor):
    visitor.add_init_script("delete Navigator.prototype.mediaDevices")  # as without https
    page = form()
    expect(slot(page, PARTS[0]).get_by_text("Choose a file")).to_be_visible()
    expect(page.get_by_role("button", name="Take a picture")).to_have_count(0)
