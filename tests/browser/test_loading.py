"""What pages ask for: how little before an editor opens, and how soon when it opens by itself."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests import loading_urls

pytestmark = pytest.mark.urls("tests.loading_urls")

BUTTON = {"editor.css", "editor.js", "files.js"}
"""Of a page with an editor that nobody has opened."""
OPEN = BUTTON | {"frame.js", "avaturn-sdk.js"}
POLICY = "default-src 'none'; script-src 'self' NONCE; style-src 'self'; connect-src 'self'; "
POLICY += "img-src data:; frame-src http://127.0.0.1:*"


@pytest.fixture
def asked(settings, tmp_path):
    """Names of the static files that were asked for, of which none is asked for twice."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_URL = "/kept/"
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["admin"])
    loading_urls.asked.clear()
    return loading_urls.asked


@pytest.fixture
def elsewhere(visitor, live_server):
    """Addresses on other hosts that were asked for."""
    found = []

    def listen(request):
        if not request.url.startswith((live_server.url, "data:")):
            found.append(request.url)

    visitor.on("request", listen)
    return found


@pytest.fixture
def sessions(visitor):
    """One entry for each session that was asked for."""
    found = []

    def listen(request):
        if request.url.endswith("/avatar/sessions/"):
            found.append(request.post_data_json)

    visitor.on("request", listen)
    return found


def open_page(page, live_server, name, query=""):
    page.goto(f"{live_server.url}/pages/{name}/{query}", wait_until="networkidle")


def state(page, wanted, number=0):
    expect(page.locator("avaturn-editor").nth(number)).to_have_attribute("data-state", wanted)


def open_dialog(page):
    page.get_by_role("button", name="Edit avatar").click()
    state(page, "ready")


def test_a_button_is_three_files_and_an_open_editor_two_more(quiet, live_server, asked, elsewhere):
    open_page(quiet, live_server, "dialog")
    assert sorted(asked) == sorted(BUTTON)
    assert not elsewhere
    open_dialog(quiet)
    assert sorted(asked) == sorted(OPEN)
    assert elsewhere


def test_second_visit_asks_for_no_static_file_again(quiet, live_server, asked):
    open_page(quiet, live_server, "dialog")
    open_dialog(quiet)
    asked.clear()
    open_page(quiet, live_server, "dialog", "?again=1")
    open_dialog(quiet)
    open_page(quiet, live_server, "inline")
    state(quiet, "ready")
    assert asked == []


def test_whole_gallery_is_six_files(quiet, live_server, asked, elsewhere, make_avatar, ann):
    make_avatar(ann)
    open_page(quiet, live_server, "gallery")
    assert sorted(asked) == sorted({*BUTTON, "gallery.css", "card.css", "gallery.js"})
    assert not elsewhere


def test_with_a_nonce_the_session_is_asked_for_before_any_script_is_there(
    quiet, live_server, asked, sessions, sandbox
):
    held = []
    quiet.route("**/editor.*.js", lambda route: held.append(route))
    with quiet.expect_request("**/avatar/sessions/"):
        quiet.goto(f"{live_server.url}/pages/inline/?nonce={quote(POLICY)}", wait_until="commit")
    held[0].continue_()
    state(quiet, "ready")
    assert sessions == [{}]
    assert sandbox.count("createSession") == 1


def test_two_editors_take_each_its_own_answer(quiet, live_server, asked, sessions, sandbox):
    open_page(quiet, live_server, "two", f"?nonce={quote(POLICY)}")
    state(quiet, "ready", 0)
    quiet.locator("avaturn-editor").nth(1).scroll_into_view_if_needed()
    state(quiet, "ready", 1)
    assert sessions == [{}, {"type": "create"}]


def test_refused_early_session_is_told_and_can_be_tried_again(
    visitor, live_server, asked, sessions, sandbox
):
    sandbox.fail_next("createSession", status=401)
    open_page(visitor, live_server, "inline", f"?nonce={quote(POLICY)}")
    state(visitor, "failed")
    visitor.get_by_role("button", name="Retry").click()
    state(visitor, "ready")
    assert sessions == [{}, {}]


def test_editor_out_of_view_opens_when_it_is_scrolled_to(quiet, live_server, asked, sessions):
    quiet.add_init_script(
        """addEventListener("readystatechange", () => {
          document.body.style.paddingBlockStart = "3000px";
        }, { capture: true, once: true })"""
    )
    open_page(quiet, live_server, "inline")
    state(quiet, "idle")
    assert not sessions
    quiet.locator("avaturn-editor").scroll_into_view_if_needed()
    state(quiet, "ready")
    assert sessions == [{}]
