"""<avaturn-editor> in Chromium: opening, saving, failing, and who is not believed."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests.conftest import TOKEN


def element(page, number=0):
    return page.locator("avaturn-editor").nth(number)


def state(page, wanted, number=0):
    expect(element(page, number)).to_have_attribute("data-state", wanted)


def frame(page, number=0):
    return element(page, number).frame_locator("iframe")


def create(page, number=0):
    """Go through the creation step, up to the editor itself."""
    frame(page, number).get_by_test_id(re.compile("^start-")).first.click()
    expect(frame(page, number).locator("html")).to_have_attribute("data-state", "editor")


def next_(page, number=0):
    frame(page, number).get_by_test_id("next").click()


def retry(page, number=0):
    element(page, number).get_by_role("button", name="Retry").click()


def open_page(page, live_server, query=""):
    page.goto(f"{live_server.url}/page/{query}")


def calls(sandbox):
    """What the API was asked, but for the files: they are fetched when they are ready."""
    asked = [call for call in sandbox.calls if call.path_template.startswith("/api/")]
    return [call.operation for call in asked if call.operation != "createExport"]


def test_first_avatar(visitor, live_server, sandbox, events):
    open_page(visitor, live_server)
    state(visitor, "ready")
    create(visitor)
    next_(visitor)
    state(visitor, "saved")
    avatar = Avatar.objects.get()
    assert avatar.active
    assert avatar.gender
    assert str(avatar.pk) in sandbox.users[avatar.profile.avaturn_id].avatars
    assert events() == ["ready", "export", "saved"]
    assert calls(sandbox) == ["createUser", "createSession", "listUserAvatars"]


def test_existing_avatars_are_offered_and_one_can_be_edited_again(
    visitor, live_server, sandbox, ann, make_avatar
):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    open_page(visitor, live_server)
    state(visitor, "ready")
    frame(visitor).get_by_test_id(f"edit-{avatar.pk}").click()
    canvas = frame(visitor).locator("canvas[data-look]")
    before = canvas.get_attribute("data-look")
    frame(visitor).get_by_test_id(re.compile("^option-hair_color-")).last.click()
    expect(canvas).not_to_have_attribute("data-look", before)
    next_(visitor)
    state(visitor, "saved")
    assert Avatar.objects.get() == avatar


def test_session_and_sdk_are_fetched_in_parallel(visitor, live_server, sandbox):
    """The SDK is there while Avaturn still thinks about the session."""
    sandbox.fail_next("createSession", latency=1.5)
    seen = []
    visitor.on("response", lambda response: seen.append(response.url.removeprefix(live_server.url)))
    open_page(visitor, live_server)
    state(visitor, "ready")
    sdk = "/static/django_avaturn/vendor/avaturn-sdk.js"
    assert seen.index(sdk) < seen.index("/avatar/sessions/")


def test_nothing_is_fetched_before_a_dialog_is_opened(visitor, live_server, sandbox, events):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    open_page(visitor, live_server, "?dialog=1")
    state(visitor, "idle")
    assert not [url for url in asked if "sdk" in url or "sessions" in url]
    assert not [url for url in asked if not url.startswith(live_server.url)]
    visitor.get_by_role("button", name="Edit avatar").click()
    state(visitor, "ready")
    expect(visitor.get_by_role("dialog", name="Avatar editor")).to_be_visible()
    create(visitor)
    next_(visitor)
    expect(visitor.get_by_role("dialog")).to_be_hidden()
    expect(visitor.get_by_text("Your avatar is saved.").last).to_be_visible()
    expect(visitor.get_by_role("button", name="Edit avatar")).to_be_focused()
    assert events() == ["ready", "export", "saved", "close"]


def test_closing_a_dialog_frees_the_frame_and_it_opens_again(visitor, live_server, sandbox):
    open_page(visitor, live_server, "?dialog=1")
    for close in (
        lambda: visitor.get_by_role("button", name="Close the editor").click(),
        lambda: element(visitor).evaluate("element => element.close()"),
    ):
        visitor.get_by_role("button", name="Edit avatar").click()
        state(visitor, "ready")
        close()
        state(visitor, "idle")
        expect(visitor.locator("iframe")).to_have_count(0)
        assert element(visitor).evaluate("element => element.sdk") is None
    assert sandbox.count("createSession") == 2


def test_escape_closes_a_dialog_that_is_still_opening(visitor, live_server, sandbox):
    sandbox.scenario = "silent"
    open_page(visitor, live_server, "?dialog=1")
    visitor.get_by_role("button", name="Edit avatar").click()
    expect(visitor.locator("iframe")).to_have_count(1)
    visitor.keyboard.press("Escape")
    state(visitor, "idle")
    expect(visitor.locator("iframe")).to_have_count(0)


def test_two_editors_on_one_page(visitor, live_server, sandbox, events):
    open_page(visitor, live_server, "?twice=1")
    for number in (0, 1):
        state(visitor, "ready", number)
    ids = visitor.locator("iframe").evaluate_all("frames => frames.map(frame => frame.id)")
    assert len(set(ids)) == 2
    create(visitor, 1)
    next_(visitor, 1)
    state(visitor, "saved", 1)
    state(visitor, "ready", 0)
    assert events().count("export") == 1


def test_frame_has_a_name_and_states_are_told(visitor, live_server, sandbox):
    sandbox.fail_next("createSession", latency=1)
    open_page(visitor, live_server)
    expect(visitor.get_by_role("status")).to_have_text("Opening the editor…")
    expect(element(visitor)).to_have_attribute("aria-busy", "true")
    state(visitor, "ready")
    expect(visitor.get_by_role("status")).to_have_text("The avatar editor is open.")
    expect(element(visitor)).to_have_attribute("aria-busy", "false")
    expect(visitor.locator("iframe")).to_have_attribute("title", "Avatar editor")


@pytest.mark.parametrize("scenario", ["silent", "xfo_deny"])
def test_editor_that_never_answers_shows_retry_within_its_limit(
    visitor, live_server, sandbox, events, scenario
):
    sandbox.scenario = scenario
    open_page(visitor, live_server, "?timeout=2")
    state(visitor, "opening")
    state(visitor, "failed")
    expect(visitor.get_by_text("did not answer in time")).to_be_visible()
    expect(visitor.locator("iframe")).to_have_count(0)
    sandbox.scenario = ""
    retry(visitor)
    state(visitor, "ready")
    assert events() == ["error", "ready"]


def test_refused_handshake_shows_retry(visitor, live_server, sandbox):
    sandbox.scenario = "handshake_refused"
    open_page(visitor, live_server)
    state(visitor, "failed")
    sandbox.scenario = ""
    retry(visitor)
    state(visitor, "ready")


def test_expired_link_is_renewed_once_and_then_told(visitor, live_server, sandbox, events):
    sandbox.scenario = "auth_error"
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text("link has run out")).to_be_visible()
    assert sandbox.count("createSession") == 2
    sandbox.scenario = ""
    retry(visitor)
    state(visitor, "ready")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 500}, "cannot be reached"),
        ({"status": 401}, "Tell the site's operators"),
        ({"status": 429, "retry_after": "5"}, "busy"),
        ({"latency": 9}, "slow right now"),
    ],
)
def test_failing_session_is_told_and_can_be_tried_again(
    visitor, live_server, sandbox, configure, fault, words
):
    configure(TIMEOUT=1)
    sandbox.fail_next("createSession", **fault)
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text(words)).to_be_visible()
    retry(visitor)
    state(visitor, "ready")


def test_not_configured_is_told(visitor, live_server, sandbox, configure):
    configure(API_TOKEN="")
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text("not set up on this site")).to_be_visible()


def test_anonymous_visitor_is_asked_to_log_in(page, db, live_server, sandbox):
    open_page(page, live_server)
    state(page, "failed")
    expect(page.get_by_text("Log in to make your avatar")).to_be_visible()
    assert not sandbox.calls


def test_sdk_that_cannot_be_loaded_is_told_and_can_be_tried_again(visitor, live_server, sandbox):
    visitor.route("**/avaturn-sdk.js*", lambda route: route.abort())
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text("could not be loaded")).to_be_visible()
    visitor.unroute("**/avaturn-sdk.js*")
    retry(visitor)
    state(visitor, "ready")


def test_failed_save_can_be_tried_again_without_losing_the_avatar(
    visitor, live_server, sandbox, events
):
    open_page(visitor, live_server)
    create(visitor)
    sandbox.fail_next("listUserAvatars", status=500)
    next_(visitor)
    state(visitor, "failed")
    expect(visitor.get_by_text("made, but not saved here yet")).to_be_visible()
    expect(visitor.locator("iframe")).to_have_count(1)
    assert not Avatar.objects.exists()
    retry(visitor)
    state(visitor, "saved")
    assert Avatar.objects.get().active
    assert events() == ["ready", "export", "error", "saved"]


def test_two_exports_in_a_row_are_one_avatar(visitor, live_server, sandbox, events):
    sandbox.scenario = "two_exports"
    open_page(visitor, live_server)
    create(visitor)
    next_(visitor)
    visitor.wait_for_function("heard.filter(name => name == 'saved').length == 2")
    assert Avatar.objects.count() == 1


def test_page_may_handle_the_export_itself(visitor, live_server, sandbox, events):
    open_page(visitor, live_server)
    state(visitor, "ready")
    visitor.evaluate("addEventListener('avaturn:export', event => event.preventDefault())")
    create(visitor)
    next_(visitor)
    visitor.wait_for_function("heard.includes('export')")
    state(visitor, "ready")
    assert not Avatar.objects.exists()


def test_element_that_leaves_the_page_takes_its_frame_along_and_may_come_back(
    visitor, live_server, sandbox
):
    open_page(visitor, live_server)
    state(visitor, "ready")
    visitor.evaluate("window.kept = document.querySelector('avaturn-editor'); kept.remove()")
    assert visitor.evaluate("kept.querySelectorAll('iframe').length") == 0
    assert visitor.evaluate("kept.sdk") is None
    visitor.evaluate("document.body.append(kept)")
    state(visitor, "ready")
    assert sandbox.count("createSession") == 2


def test_copy_that_turbo_shows_for_a_moment_asks_for_no_session(visitor, live_server, sandbox):
    open_page(visitor, live_server, "?dialog=1")
    visitor.evaluate(
        """() => {
          document.documentElement.setAttribute("data-turbo-preview", "");
          const copy = document.querySelector("avaturn-editor").cloneNode(true);
          const panel = copy.querySelector(".avaturn-panel");
          copy.querySelector("dialog").replaceWith(panel);
          document.body.append(copy);
        }"""
    )
    state(visitor, "idle", 1)
    visitor.evaluate(
        """() => {
          document.documentElement.removeAttribute("data-turbo-preview");
          const copy = document.querySelectorAll("avaturn-editor")[1];
          copy.replaceWith(copy.cloneNode(true));
        }"""
    )
    state(visitor, "ready", 1)
    assert sandbox.count("createSession") == 1


def test_token_is_in_no_page_and_no_answer(visitor, live_server, sandbox):
    answers = []
    visitor.on("response", lambda response: answers.append(response))
    open_page(visitor, live_server)
    state(visitor, "ready")
    texts = [answer.text() for answer in answers if answer.url.startswith(live_server.url)]
    assert len(texts) >= 4
    assert not [text for text in texts if TOKEN in text]


def test_strict_policy_with_one_entry_for_the_editor(quiet, live_server, sandbox, sandbox_server):
    policy = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
frame-src {sandbox_server.url}"
    open_page(quiet, live_server, f"?{urlencode({'policy': policy})}")
    state(quiet, "ready")


def test_policy_that_blocks_the_editor_is_told_at_once(visitor, live_server, sandbox):
    policy = urlencode({"policy": "frame-src 'none'", "timeout": "300"})
    open_page(visitor, live_server, f"?{policy}")
    state(visitor, "failed")
    expect(visitor.get_by_text("security policy blocks the editor")).to_be_visible()


def test_keyboard_goes_where_it_is_needed(visitor, live_server, sandbox):
    sandbox.fail_next("createSession", status=500)
    open_page(visitor, live_server, "?dialog=1")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("button", name="Edit avatar")).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("button", name="Retry")).to_be_focused()
    visitor.keyboard.press("Enter")
    state(visitor, "ready")
    expect(visitor.locator("iframe")).to_be_focused()
