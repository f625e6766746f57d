"""The consent step in Chromium: nothing reaches Avaturn before, and nobody is asked twice."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile
from tests.browser.photos.page import fill, says, send
from tests.browser.photos.page import state as photos_state
from tests.browser.test_editor import (
    calls,
    create,
    element,
    frame,
    next_,
    open_page,
    retry,
    state,
)

VERSION = "2026-11"


@pytest.fixture(autouse=True)
def asking(sandbox, configure):
    configure(CONSENT_VERSION=VERSION)


@pytest.fixture
def heard(visitor):
    """Versions that the page has heard of so far."""
    visitor.add_init_script(
        """
        window.given = [];
        addEventListener("avaturn:consent", ({ detail }) => given.push(detail.version));
        """
    )
    return lambda: visitor.evaluate("given")


@pytest.fixture
def elsewhere(visitor, live_server):
    """Addresses on other hosts that the browser has asked for."""
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    return lambda: [url for url in asked if not url.startswith((live_server.url, "data:"))]


def panel(page, number=0):
    return element(page, number).get_by_role("region", name="Before you begin")


def agree(page, number=0):
    element(page, number).get_by_role("button", name="Agree and continue").click()


def opener(page):
    return page.get_by_role("button", name="Edit avatar")


def noted():
    return list(AvaturnProfile.objects.values_list("consent_version", flat=True))


def test_first_visit_asks_and_the_next_does_not(visitor, live_server, sandbox, heard, elsewhere):
    open_page(visitor, live_server)
    state(visitor, "consent")
    expect(panel(visitor)).to_contain_text("They go to Avaturn")
    expect(visitor.get_by_role("status")).to_contain_text("read what happens with your photos")
    expect(element(visitor)).to_have_attribute("aria-busy", "false")
    assert visitor.evaluate("document.activeElement === document.body")  # it opened by itself
    expect(visitor.locator("iframe")).to_have_count(0)
    assert not sandbox.calls
    assert not elsewhere()
    assert not noted()
    agree(visitor)
    state(visitor, "ready")
    expect(panel(visitor)).to_be_hidden()
    assert calls(sandbox) == ["createUser", "createSession"]
    assert heard() == noted() == [VERSION]
    visitor.reload()
    state(visitor, "ready")
    assert heard() == []


def test_a_new_version_asks_again(visitor, live_server, ann, sandbox, configure):
    services.record_consent(ann, VERSION)
    open_page(visitor, live_server)
    state(visitor, "ready")
    configure(CONSENT_VERSION="2027-01")
    visitor.reload()
    state(visitor, "consent")
    agree(visitor)
    state(visitor, "ready")
    assert noted() == ["2027-01"]


def test_a_page_whose_text_is_out_of_date_is_told(visitor, live_server, sandbox, configure, heard):
    open_page(visitor, live_server)
    state(visitor, "consent")
    configure(CONSENT_VERSION="2027-01")
    agree(visitor)
    state(visitor, "failed")
    expect(visitor.get_by_text("has changed. Reload the page")).to_be_visible()
    retry(visitor)
    state(visitor, "consent")  # the old text once more, and agreeing to it still counts for nothing
    agree(visitor)
    state(visitor, "failed")
    assert not sandbox.calls
    assert heard() == noted() == []


def test_a_page_from_before_the_step_is_told_to_reload(visitor, live_server, sandbox, configure):
    configure(CONSENT_VERSION="")
    open_page(visitor, live_server, "?dialog=1")
    configure(CONSENT_VERSION=VERSION)
    opener(visitor).click()
    state(visitor, "failed")
    expect(visitor.get_by_text("Reload the page").first).to_be_visible()
    assert not sandbox.calls


def test_who_does_not_agree_leaves_nothing(visitor, live_server, sandbox, events, elsewhere):
    open_page(visitor, live_server, "?dialog=1")
    for way_out in ("Not now", "Close the editor", "Escape"):
        opener(visitor).click()
        state(visitor, "consent")
        if way_out == "Escape":
            visitor.keyboard.press(way_out)
        else:
            visitor.get_by_role("button", name=way_out).click()
        state(visitor, "idle")
        expect(opener(visitor)).to_be_focused()
    assert events() == ["close"] * 3
    assert not sandbox.calls
    assert not elsewhere()
    assert not AvaturnProfile.objects.exists()


def test_keyboard_alone_is_enough(visitor, live_server, sandbox):
    open_page(visitor, live_server, "?dialog=1")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    expect(panel(visitor)).to_be_focused()  # its name and its text are read out
    described = panel(visitor).get_attribute("aria-describedby")
    expect(visitor.locator(f"#{described}")).to_contain_text("They go to Avaturn")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("button", name="Agree and continue")).to_be_focused()
    visitor.keyboard.press("Enter")
    state(visitor, "ready")
    expect(visitor.locator("iframe")).to_be_focused()


def test_agreeing_in_one_of_two_editors_opens_both(visitor, live_server, sandbox, heard):
    open_page(visitor, live_server, "?twice=1")
    for number in (0, 1):
        state(visitor, "consent", number)
    agree(visitor, 1)
    for number in (0, 1):
        state(visitor, "ready", number)
    assert heard() == [VERSION]
    assert calls(sandbox) == ["createUser", "createSession", "createSession"]


def test_a_failure_after_agreeing_does_not_ask_again(visitor, live_server, sandbox, heard):
    open_page(visitor, live_server)
    state(visitor, "consent")
    sandbox.fail_next("createUser", status=500)
    agree(visitor)
    state(visitor, "failed")
    retry(visitor)
    state(visitor, "ready")
    assert heard() == [VERSION]


def test_reading_takes_as_long_as_it_takes(visitor, live_server, sandbox):
    """The time limit is the editor's, not the person's."""
    visitor.clock.install()
    open_page(visitor, live_server, "?timeout=2")
    state(visitor, "consent")
    visitor.clock.fast_forward(60_000)
    state(visitor, "consent")
    agree(visitor)
    state(visitor, "ready")


def test_an_element_that_is_swapped_out_starts_anew(visitor, live_server, sandbox):
    open_page(visitor, live_server)
    state(visitor, "consent")
    visitor.evaluate(
        """() => {
          const old = document.querySelector("avaturn-editor");
          old.replaceWith(old.cloneNode(true));
        }"""
    )
    state(visitor, "consent")
    agree(visitor)
    state(visitor, "ready")
    assert visitor.locator("iframe").count() == sandbox.count("createSession") == 1


def test_step_that_cannot_be_loaded_can_be_tried_again(visitor, live_server, sandbox):
    visitor.route("**/consent.js*", lambda route: route.abort())
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text("could not be loaded")).to_be_visible()
    visitor.unroute("**/consent.js*")
    retry(visitor)
    state(visitor, "consent")


def test_switching_it_on_while_an_editor_is_open_loses_nothing(
    visitor, live_server, sandbox, configure
):
    configure(CONSENT_VERSION="")
    open_page(visitor, live_server)
    create(visitor)
    configure(CONSENT_VERSION=VERSION)
    next_(visitor)
    state(visitor, "failed")
    expect(visitor.get_by_text(re.compile("not saved here yet.*Reload the page"))).to_be_visible()
    assert not Avatar.objects.exists()
    visitor.reload()
    agree(visitor)
    expect(frame(visitor).get_by_test_id(re.compile("^edit-"))).to_be_visible()  # Avaturn has it


def test_strict_policy(visitor, live_server, sandbox, sandbox_server):
    policy = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
frame-src {sandbox_server.url}"
    complaints = []
    visitor.on("console", lambda line: complaints.append(line.text))
    open_page(visitor, live_server, f"?{urlencode({'policy': policy})}")
    state(visitor, "consent")
    expect(panel(visitor)).to_have_css("position", "absolute")
    agree(visitor)
    state(visitor, "ready")
    assert not [text for text in complaints if "Security Policy" in text]


@pytest.mark.urls("tests.photo_urls")
class TestPhotos:
    """The form asks by itself, as it sends the photos with the request."""

    @pytest.fixture
    def form(self, visitor, live_server, sandbox, heard):
        sandbox.processing_seconds = 0
        visitor.goto(f"{live_server.url}/photos/")
        visitor.evaluate("customElements.whenDefined('avaturn-photos').then(() => true)")
        fill(visitor)
        return visitor

    @pytest.fixture
    def box(self, form):
        return form.get_by_role("checkbox", name="I agree")

    def test_nothing_is_sent_without(self, form, box, sandbox, heard):
        note = form.locator(".avaturn-terms .avaturn-slot-note")
        send(form)
        expect(box).to_be_focused()
        expect(note).to_have_text("Agree to this before you send your photos.")
        photos_state(form, "idle")
        assert not sandbox.calls
        form.keyboard.press("Space")
        expect(note).to_be_empty()
        send(form)
        photos_state(form, "ready")
        assert heard() == noted() == [VERSION]
        form.get_by_role("button", name="Open in the editor").click()
        state(form, "ready")

    def test_a_text_that_is_out_of_date_is_told(self, form, box, sandbox, heard, configure):
        box.check()
        configure(CONSENT_VERSION="2027-01")
        send(form)
        photos_state(form, "failed")
        says(form, re.escape("has changed. Reload the page"))
        assert not sandbox.calls
        assert heard() == noted() == []
