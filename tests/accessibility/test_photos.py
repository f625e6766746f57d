"""The photo form: empty, with mistakes, on its way, failed and done."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.photos.page import PARTS, fill, note, put, send, state

from .audit import faults


def test_empty_and_with_mistakes(show_tag, site, configure):
    configure(CONSENT_VERSION="1")
    show_tag("avaturn_photo_form")
    site.get_by_text("Advanced").click()
    assert faults(site) == []
    send(site)
    expect(note(site, PARTS[0])).to_contain_text("Add this photo.")
    put(site, PARTS[1], b"no picture")
    expect(note(site, PARTS[1])).to_contain_text("cannot read this")
    assert faults(site) == []


def test_on_its_way_failed_and_done(show_tag, site, sandbox):
    sandbox.processing_seconds = 0
    held = []
    show_tag("avaturn_photo_form")
    fill(site)
    assert faults(site) == []
    site.route("**/avatar/avatars/", lambda route: held.append(route))
    send(site)
    state(site, "uploading")
    assert faults(site) == []
    held[0].abort()
    state(site, "failed")
    assert faults(site) == []
    expect(site.get_by_role("button", name="Retry")).to_be_focused()
    site.unroute("**/avatar/avatars/")
    site.keyboard.press("Enter")
    state(site, "ready")
    assert faults(site) == []


def test_camera(show_tag, site):
    site.add_init_script(
        """navigator.mediaDevices.enumerateDevices = async () => [{ kind: "videoinput" }];
        navigator.mediaDevices.getUserMedia = async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
          canvas.getContext("2d").fillRect(0, 0, 64, 64);
          return canvas.captureStream();
        }"""
    )
    show_tag("avaturn_photo_form")
    opener = site.get_by_role("button", name="Take a picture").first
    opener.click()
    dialog = site.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert faults(site) == []
    site.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_not_logged_in(show_tag, site):
    site.context.clear_cookies()
    assert faults(show_tag("avaturn_photo_form")) == []
