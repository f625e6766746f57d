"""From three files to an avatar in the storage; and what the page does meanwhile."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests.browser.photos.page import (
    PARTS,
    fill,
    put,
    says,
    send,
    slot,
    state,
)
from tests.photographs import photo

pytestmark = pytest.mark.urls("tests.photo_urls")


def test_from_photos_to_an_avatar_in_the_storage(form, quiet, sandbox):
    page = form()
    fill(page)
    send(page)
    state(page, "ready")
    avatar = Avatar.objects.get()
    assert (avatar.status, avatar.gender) == ("ready", "female")
    assert page.evaluate("document.querySelector('avaturn-photos').avatar.id") == str(avatar.pk)
    opener = page.get_by_role("button", name="Open in the editor")
    expect(opener).to_be_focused()
    opener.click()
    editor = page.locator("avaturn-editor")
    expect(editor).to_have_attribute("data-state", "ready")
    editor.frame_locator("iframe").get_by_test_id("next").click()
    expect(page.get_by_text("Your avatar is saved.").last).to_be_visible()
    avatar.refresh_from_db()
    assert avatar.active
    assert [name for name, _ in page.evaluate("heard")] == ["photos-ready", "saved"]
    assert Avatar.objects.count() == sandbox.count("uploadPhotos") == 1


def test_ready_goes_on_to_an_address_of_this_site(form, sandbox):
    page = form("?next=/page/%3Fdialog=1")
    fill(page)
    send(page)
    page.wait_for_url("**/page/?dialog=1")


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "javascript:alert(1)", "//evil.example"]
)
def test_other_addresses_are_not_gone_to(form, address):
    page = form(f"?next={address}")
    assert page.locator("avaturn-photos").get_attribute("data-next") == ""


def test_processing_is_followed(form, sandbox):
    sandbox.processing_seconds = 4
    page = form()
    fill(page)
    send(page)
    state(page, "processing")
    says(page, "Avaturn is making your avatar")
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    expect(page.locator("avaturn-photos")).to_have_attribute("aria-busy", "true")
    assert page.evaluate("heard") == []
    state(page, "ready")
    expect(page.locator("avaturn-photos")).to_have_attribute("aria-busy", "false")


def test_avaturn_that_fails_is_told(form, sandbox):
    sandbox.processing_seconds = 60
    page = form()
    fill(page)
    send(page)
    state(page, "processing")
    sandbox.set_status(str(Avatar.objects.get().pk), "failed")
    state(page, "failed")
    says(page, "could not make an avatar from these photos")
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()
    page.get_by_role("button", name="Change the photos").click()
    state(page, "idle")
    expect(slot(page, PARTS[0])).to_have_attribute("data-filled", "")
    assert page.evaluate("heard") == [["error", "broken"]]


def slow(page, bytes_a_second):
    """A thin line upwards, by the browser's own means."""
    session = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_a_second})
    return session


def test_two_clicks_while_a_photo_is_read_make_one_avatar(form, visitor, sandbox):
    visitor.add_init_script(
        """
        const read = createImageBitmap;
        const go = new Promise((resolve) => (window.go = resolve));
        window.createImageBitmap = async (...given) => (await go, read(...given));
        """
    )
    page = form()
    for seed, part in enumerate(PARTS):
        put(page, part, photo(seed))
    page.get_by_text("Female").click()
    send(page)
    send(page)
    state(page, "idle")
    page.evaluate("go()")
    state(page, "ready")
    assert Avatar.objects.count() == sandbox.count("uploadPhotos") == 1


def test_progress_moves_and_the_upload_can_be_cancelled(form, sandbox):
    page = form()
    fill(page, image_frontal=noise())
    page.evaluate(
        """() => {
          window.seen = [];
          const bar = document.querySelector("progress");
          const look = () => bar.hasAttribute("value") && seen.push(bar.value);
          new MutationObserver(look).observe(bar, { attributes: true });
        }"""
    )
    slow(page, 400_000)
    send(page)
    state(page, "uploading")
    page.evaluate(  # wait_for_function would need the policy's unsafe-eval
        """async () => {
          while (new Set(seen).size < 4) await new Promise(requestAnimationFrame);
        }"""
    )
    expect(page.locator(".avaturn-percent")).to_have_text(re.compile(r"^\d+ %$"))
    page.get_by_role("button", name="Cancel").click()
    state(page, "idle")
    expect(page.get_by_role("button", name="Make my avatar")).to_be_focused()
    seen = page.evaluate("seen")
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 100
    assert not sandbox.calls


def noise():
    """A picture that no encoder makes small."""
    out = io.BytesIO()
    Image.effect_noise((2600, 2600), 90).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def test_photo_can_be_replaced_and_removed(form):
    page = form()
    place = slot(page, PARTS[0])
    put(page, PARTS[0], photo())
    expect(place.get_by_text("Replace")).to_be_visible()
    expect(place.locator("canvas")).to_be_visible()
    place.get_by_role("button", name="Remove").click()
    expect(place.locator("canvas")).to_be_hidden()
    expect(place.get_by_text("Choose a file")).to_be_visible()
    expect(place.locator("input")).to_be_focused()
    expect(place.get_by_role("button", name="Remove")).to_be_hidden()


def test_photo_can_be_dropped(form):
    page = form()
    page.evaluate(
        """async ([part, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "me.jpg", { type: "image/jpeg" }));
          const place = document.querySelector(`[data-part=${part}]`);
          for (const name of ["dragover", "drop"])
            place.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true }));
        }""",
        [PARTS[2], list(photo())],
    )
    expect(slot(page, PARTS[2])).to_have_attribute("data-filled", "")


def test_element_may_move_and_goes_on(form, sandbox):
    sandbox.processing_seconds = 3
    page = form()
    fill(page)
    move = "document.body.append(document.querySelector('avaturn-photos'))"
    page.evaluate(move)
    expect(slot(page, PARTS[0])).to_have_attribute("data-filled", "")
    send(page)
    state(page, "processing")
    page.evaluate(move)
    state(page, "ready")
    assert sandbox.count("uploadPhotos") == 1


def test_copy_of_a_page_cache_starts_empty(form, sandbox):
    sandbox.processing_seconds = 60
    page = form()
    fill(page)
    send(page)
    state(page, "processing")
    page.evaluate(
        """() => {
          const element = document.querySelector("avaturn-photos");
          element.replaceWith(element.cloneNode(true));
        }"""
    )
    state(page, "idle")
    expect(page.locator("avaturn-photo[data-filled]")).to_have_count(0)
    expect(page.get_by_text("Choose a file").first).to_be_visible()


def test_logged_out_meanwhile(form, sandbox):
    page = form()
    fill(page)
    page.context.clear_cookies()
    send(page)
    state(page, "failed")
    says(page, "Log in|log")


def test_phone(form, sandbox):
    page = form()
    page.set_viewport_size({"width": 390, "height": 844})
    fill(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for button in page.locator(".avaturn-photos :is(button, label):visible").all():
        assert button.bounding_box()["height"] >= 24
    send(page)
    state(page, "ready")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_strangers_are_asked_to_log_in(page, live_server, sandbox, db):
    page.goto(f"{live_server.url}/photos/")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.locator("avaturn-photos")).to_have_count(0)


def test_form_needs_no_javascript_to_say_so(browser, live_server, visitor, sandbox):
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(visitor.context.cookies())
    page = context.new_page()
    page.goto(f"{live_server.url}/photos/")
    assert (
        "needs JavaScript. Switch it on" in page.locator("avaturn-photos > noscript").inner_text()
    )
    expect(page.get_by_role("button")).to_have_count(0)
    context.close()
