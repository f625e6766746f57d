"""An export that comes with its file: the viewer shows it at once, while the server stores it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests.browser.test_viewer import POLICY, next_, open_page, state, viewer


@pytest.fixture
def exporting(visitor, live_server, sandbox):
    """Open a page with editor and viewer; an avatar awaits its Next, which brings the model."""

    def open_editor(query=""):
        open_page(visitor, live_server, f"editor=1&{query}")
        editor = visitor.frame_locator("iframe")
        editor.get_by_test_id(re.compile("^(start|edit)-")).first.click()
        expect(editor.locator("html")).to_have_attribute("data-state", "editor")
        return visitor

    sandbox.export_kind = "dataURL"
    return open_editor


@pytest.fixture
def held(visitor):
    """Announcements of exports, which wait on their way until a test lets them through."""
    routes = []
    visitor.route("**/exports/", lambda route: routes.append(route))
    return routes


def saving(page, wanted):
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", wanted)


def let_through(page, held):
    saving(page, "saving")
    held[0].continue_()


SOURCE = "document.querySelector('model-viewer').src"


def test_export_with_its_file_is_shown_at_once_and_stays(exporting, held):
    page = exporting()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    expect(viewer(page).get_by_role("status")).to_have_text(re.compile("not here yet"))
    next_(page)
    state(page, "shown")
    assert page.evaluate(SOURCE).startswith("blob:")
    assert not Avatar.objects.exists()
    page.evaluate("window.kept = document.querySelector('model-viewer')")
    let_through(page, held)
    saving(page, "saved")
    avatar = Avatar.objects.get()
    expect(viewer(page)).to_have_attribute("data-version", avatar.model.version)
    assert viewer(page).get_attribute("data-src").endswith(avatar.model.file.name)
    assert viewer(page).get_attribute("data-avatar") == str(avatar.pk)
    state(page, "shown")
    assert page.evaluate("kept.isConnected")
    expect(page.locator("model-viewer")).to_have_count(1)
    assert page.evaluate("fetch(kept.src).then(() => 'kept', () => 'freed')") == "freed"
    assert not [address for address in asked if address.endswith(".glb")]


def test_export_that_is_not_saved_gives_way_to_what_was_there(exporting, sandbox):
    page = exporting()
    next_(page)
    saving(page, "saved")
    page = exporting()
    state(page, "shown")
    before = page.evaluate(SOURCE)
    sandbox.fail_next("listUserAvatars", status=500)
    release = []
    page.route("**/exports/", lambda route: release.append(route), times=1)
    next_(page)
    page.wait_for_function(f"{SOURCE}.startsWith('blob:')")
    state(page, "shown")
    release[0].continue_()
    saving(page, "failed")
    page.wait_for_function(f"{SOURCE} == '{before}'")
    state(page, "shown")
    assert page.locator("model-viewer").count() == 1


def test_first_export_that_is_not_saved_leaves_the_viewer_empty(exporting, sandbox):
    page = exporting()
    sandbox.fail_next("listUserAvatars", status=500)
    next_(page)
    saving(page, "failed")
    state(page, "picture")
    expect(page.locator("model-viewer")).to_have_count(0)
    expect(viewer(page).get_by_role("status")).to_have_text(re.compile("not here yet"))
    page.locator("avaturn-editor").get_by_role("button", name="Retry").click()
    state(page, "shown")


def test_file_that_is_no_model_gives_way_to_the_stored_one(exporting, held, sandbox):
    sandbox.scenario = "not_a_glb"
    page = exporting()
    page.evaluate(
        """() => {
          const stage = document.querySelector(".avaturn-viewer-stage");
          new MutationObserver(() => (window.tried = true)).observe(stage, { childList: true });
        }"""
    )
    next_(page)
    page.wait_for_function("window.tried")
    state(page, "picture")
    expect(page.locator("model-viewer")).to_have_count(0)
    let_through(page, held)
    state(page, "shown")


def test_export_by_a_link_is_shown_when_it_is_stored(exporting, sandbox):
    sandbox.export_kind = "httpURL"
    page = exporting()
    next_(page)
    state(page, "shown")
    assert page.evaluate(SOURCE).endswith(Avatar.objects.get().model.file.name)


def test_export_that_the_page_handles_is_not_shown(exporting, visitor):
    page = exporting()
    page.evaluate(
        """() => addEventListener("avaturn:export", (event) => {
          event.preventDefault();
          window.exported = event.target.modelOf(event.detail);
        })"""
    )
    next_(page)
    page.wait_for_function("window.exported")
    head = page.evaluate("exported.then((file) => file.slice(0, 4).text())")
    assert head == "glTF"
    state(page, "picture")
    expect(page.locator("model-viewer")).to_have_count(0)


def test_nothing_is_decoded_where_nothing_shows_it(visitor, live_server, sandbox):
    sandbox.export_kind = "dataURL"
    visitor.add_init_script(
        "const real = atob; window.decoded = 0; atob = (text) => (decoded++, real(text))"
    )
    visitor.goto(f"{live_server.url}/page/")
    visitor.frame_locator("iframe").get_by_test_id(re.compile("^start-")).first.click()
    next_(visitor)
    expect(visitor.locator("avaturn-editor")).to_have_attribute("data-state", "saved")
    assert visitor.evaluate("decoded") == 0


def test_preview_under_a_strict_policy(quiet, exporting, held, sandbox_server):
    policy = f"{POLICY}; frame-src {sandbox_server.url}".replace(" ", "+")
    page = exporting(f"policy={policy}")
    next_(page)
    state(page, "shown")
    assert page.evaluate(SOURCE).startswith("blob:")
    let_through(page, held)
    saving(page, "saved")
