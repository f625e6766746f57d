"""Avaturn's plan without API: people sign in inside the frame, and the page sends the model."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar, AvatarFile
from tests.browser.test_editor import create, element, frame, next_, retry, state
from tests.browser.test_options import open_page
from tests.browser.test_viewer import viewer
from tests.conftest import TOKEN

pytestmark = pytest.mark.urls("tests.option_urls")

WIDE = "same-origin-allow-popups"
BIG = 14_000_000


@pytest.fixture
def free(visitor, sandbox, sandbox_server, configure):
    """Ann's browser, on a site that has but a project's address."""
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")
    return visitor


def sign_in(page, name="ann"):
    with page.expect_popup() as opened:
        frame(page).get_by_test_id("sign-in").click()
    popup = opened.value
    popup.get_by_label("Account name").fill(name)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Continue").click(no_wait_after=True)  # it closes itself


def make(page, live_server, tag="", **query):
    """From an empty page to an avatar that awaits its Next."""
    open_page(page, live_server, tag, **query)
    state(page, "ready")
    sign_in(page)
    create(page)


def slow_down(page, bytes_per_second):
    """Without it such a file is through at once."""
    network = page.context.new_cdp_session(page)
    line = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {"offline": False, **line})


def stored():
    avatar = Avatar.objects.get()
    with avatar.model.file.open() as file:
        return avatar, file.read()


@pytest.mark.parametrize("kind", ["dataURL", "httpURL"])
def test_first_avatar(free, live_server, sandbox, events, kind):
    sandbox.export_kind = kind
    posted = []
    free.on("request", lambda request: request.method == "POST" and posted.append(request))
    make(free, live_server)
    next_(free)
    state(free, "saved")
    avatar, model = stored()
    assert model.startswith(b"glTF")
    assert avatar.active
    assert not avatar.confirmed
    assert avatar.gender
    assert events() == ["ready", "export", "saved"]
    sent = next(one for one in posted if one.url.endswith("/exports/"))
    is_form = sent.headers["content-type"].startswith("multipart/form-data")
    assert is_form == (kind == "dataURL")
    assert not [call for call in sandbox.calls if call.path_template.startswith("/api/")]


def test_model_of_14_mb_is_sent_with_its_progress(free, live_server, sandbox):
    sandbox.export_kind = "dataURL"
    sandbox.export_bytes = BIG
    make(free, live_server)
    free.evaluate(
        """() => {
          window.said = [];
          const status = document.querySelector("avaturn-editor [role=status]");
          const hear = new MutationObserver(() => said.push(status.textContent));
          hear.observe(status, { childList: true });
        }"""
    )
    slow_down(free, bytes_per_second=7_000_000)
    next_(free)
    state(free, "saved")
    _, model = stored()
    assert len(model) == BIG
    said = free.evaluate("said")
    assert said[0] == "Saving your avatar…"
    assert said[-1] == "Your avatar is saved."
    shares = [int(found[1]) for text in said if (found := re.search(r"… (\d+)%$", text))]
    assert shares == sorted(set(shares))
    assert shares
    assert all(share % 10 == 0 and share < 100 for share in shares)


def test_model_that_is_too_large_is_told_before_it_is_sent(free, live_server, sandbox, configure):
    sandbox.export_kind = "dataURL"
    configure(MAX_MODEL_BYTES=100_000)
    posted = []
    free.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    make(free, live_server)
    next_(free)
    state(free, "failed")
    expect(free.get_by_text("larger than this site takes")).to_be_visible()
    assert not [url for url in posted if url.endswith("/exports/")]
    assert not Avatar.objects.exists()


@pytest.mark.parametrize("kind", ["dataURL", "httpURL"])
def test_what_is_no_model_is_refused(free, live_server, sandbox, events, kind):
    sandbox.export_kind = kind
    sandbox.scenario = "not_a_glb"
    make(free, live_server)
    next_(free)
    state(free, "failed")
    expect(free.get_by_text("Export the avatar again")).to_be_visible()
    assert not Avatar.objects.exists()
    assert events() == ["ready", "export", "error"]


def test_upload_that_is_cut_off_can_be_tried_again(free, live_server, sandbox, events):
    sandbox.export_kind = "dataURL"
    make(free, live_server)
    free.route("**/exports/", lambda route: route.abort(), times=1)
    next_(free)
    state(free, "failed")
    expect(free.get_by_text("cannot be reached")).to_be_visible()
    assert not Avatar.objects.exists()
    retry(free)
    state(free, "saved")
    assert stored()[1].startswith(b"glTF")
    assert events() == ["ready", "export", "error", "saved"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(413, "<h1>413</h1>", "larger than this site takes"), (502, "<h1>502</h1>", "went wrong")],
)
def test_answers_of_a_web_server_in_front_of_the_site(
    free, live_server, sandbox, status, body, words
):
    sandbox.export_kind = "dataURL"
    make(free, live_server)
    free.route("**/exports/", lambda route: route.fulfill(status=status, body=body), times=1)
    next_(free)
    state(free, "failed")
    expect(free.get_by_text(words)).to_be_visible()
    retry(free)
    state(free, "saved")


def test_whoever_is_logged_out_meanwhile_is_told(free, live_server, sandbox, context):
    sandbox.export_kind = "dataURL"
    make(free, live_server)
    context.clear_cookies(name="sessionid")
    next_(free)
    state(free, "failed")
    expect(free.get_by_text("made, but not saved here yet")).to_be_visible()
    expect(free.get_by_text("Log in to make your avatar")).to_be_visible()


def test_leaving_while_the_model_is_sent_is_asked_about(free, live_server, sandbox):
    """So large a request does not outlive the page."""
    sandbox.export_kind = "dataURL"
    make(free, live_server)
    held = []
    free.route("**/exports/", lambda route: held.append(route))
    asked = []
    free.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with free.expect_request("**/exports/"):
        next_(free)
    free.close(run_before_unload=True)
    expect(element(free)).to_have_attribute("data-state", "saving")
    assert asked == ["beforeunload"]
    held[0].continue_()
    state(free, "saved")


def test_same_account_edits_its_avatar_again(free, live_server, sandbox):
    sandbox.export_kind = "dataURL"
    make(free, live_server)
    next_(free)
    state(free, "saved")
    avatar, first = stored()
    open_page(free, live_server)
    sign_in(free)
    frame(free).get_by_test_id(f"edit-{avatar.pk}").click()
    canvas = frame(free).locator("canvas[data-look]")
    before = canvas.get_attribute("data-look")
    frame(free).get_by_test_id(re.compile("^option-hair_color-")).last.click()
    expect(canvas).not_to_have_attribute("data-look", before)
    next_(free)
    state(free, "saved")
    again, second = stored()
    assert again == avatar
    assert second != first


def test_own_controls_stay_for_nobody_else_could_press_next(free, live_server, sandbox):
    make(free, live_server, "disable_ui=True")
    expect(frame(free).get_by_test_id("next")).to_be_visible()


def test_figure_is_shown_at_once_and_stays(free, live_server, sandbox):
    sandbox.export_kind = "dataURL"
    make(free, live_server, viewer="")
    next_(free)
    expect(viewer(free)).to_have_attribute("data-state", "shown")
    state(free, "saved")
    avatar, _ = stored()
    expect(viewer(free)).to_have_attribute("data-version", avatar.model.version)
    assert viewer(free).get_attribute("data-src").endswith(avatar.model.file.name)
    assert AvatarFile.objects.filter(kind="model").count() == 1


def test_djangos_own_header_blocks_the_sign_in_and_the_frame_says_so(free, live_server, sandbox):
    free.goto(f"{live_server.url}/secure/")
    state(free, "ready")
    frame(free).get_by_test_id("sign-in").click()
    expect(frame(free).get_by_test_id("blocked")).to_contain_text(WIDE)


def test_allow_popups_lets_it_through(free, live_server, sandbox):
    response = free.goto(f"{live_server.url}/popups/?{urlencode({'tag': ''})}")
    assert response.headers["cross-origin-opener-policy"] == WIDE
    state(free, "ready")
    sign_in(free)
    create(free)
    next_(free)
    state(free, "saved")


def test_with_the_api_the_header_stays_strict(visitor, live_server, sandbox):
    response = visitor.goto(f"{live_server.url}/popups/")
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert TOKEN not in visitor.content()
