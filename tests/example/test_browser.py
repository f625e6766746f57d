"""The example in a real browser: what is saved in the editor shows up without a reload."""

import re

import pytest
import requests
from playwright.sync_api import expect

from .test_demo import free_port, running_demo

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(tmp_path):
    """The demo, ready to be used."""
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports) as demo:
        demo.wait_for("Stop with Ctrl-C")
        yield demo


def log_in(page, demo, name):
    """Log in as one of the two users that the demo makes; the password is the name."""
    page.goto(f"{demo.address('Site')}log-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def make(page, figure):
    """Start a new avatar in the open editor, and keep it as it is."""
    page.frame_locator("iframe").get_by_role("button", name=figure).click()
    press_next(page)


def press_next(page):
    page.frame_locator("iframe").get_by_role("button", name="Next").click()


def stay(page):
    """Leave a mark that a reload would wipe out."""
    page.evaluate("() => { window.stayed = true; }")


def assert_stayed(page):
    assert page.evaluate("() => window.stayed") is True


def test_what_is_saved_shows_up_without_a_reload(quiet_page, demo):
    page = quiet_page
    log_in(page, demo, "demo")
    summary = page.get_by_role("complementary", name="Your active avatar")
    expect(summary).to_contain_text("No avatar yet")
    stay(page)
    make(page, "Mia")
    expect(summary).to_contain_text("This is the one that others see.")
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", re.compile("saved"))
    assert_stayed(page)
    first = summary.get_by_role("heading").inner_text()

    summary.get_by_role("link", name="My avatars").click()
    cards = page.get_by_role("list", name="My avatars").get_by_role("listitem")
    expect(cards).to_have_count(1)
    stay(page)
    page.get_by_role("button", name="New avatar").click()
    make(page, "Max")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("Active")
    expect(cards.first.get_by_role("heading")).not_to_have_text(first)
    expect(cards.last).not_to_contain_text("Active")

    cards.last.get_by_role("button", name="Open").click()
    press_next(page)
    expect(cards.last).to_contain_text("Active")
    expect(cards.first).not_to_contain_text("Active")
    assert_stayed(page)

    cards.first.get_by_role("button", name="Make active").click()
    expect(cards.first).to_contain_text("Active")
    cards.last.get_by_text("Delete", exact=True).click()
    cards.last.get_by_role("button", name="Delete for good").click()
    expect(cards).to_have_count(1)
    assert_stayed(page)


def test_from_next_to_the_figure_in_3d_and_the_face_in_the_bar(quiet_page, demo, tmp_path):
    """Avaturn draws the portrait here: the sandbox delivers its webhooks to the site."""
    page = quiet_page
    log_in(page, demo, "demo")
    viewer = page.locator("avaturn-viewer")
    face = page.get_by_role("banner").locator("avaturn-portrait img")
    expect(face).to_have_count(0)
    stay(page)
    make(page, "Mia")
    expect(viewer).to_have_attribute("data-state", "shown")
    expect(face).to_be_visible()
    for place, name in ((viewer, "data-src"), (face, "src")):  # the site's own, not the preview
        expect(place).to_have_attribute(name, re.compile("^/media/avaturn/"))
    before = [viewer.get_attribute("data-src"), face.get_attribute("src")]

    editor = page.frame_locator("iframe")
    canvas = editor.locator("canvas[data-look]")
    look = canvas.get_attribute("data-look")
    editor.get_by_test_id(re.compile("^option-hair_color-")).last.click()
    expect(canvas).not_to_have_attribute("data-look", look)
    press_next(page)
    expect(viewer).not_to_have_attribute("data-src", before[0])
    expect(face).not_to_have_attribute("src", before[1])
    expect(viewer).to_have_attribute("data-state", "shown")
    assert_stayed(page)
    files = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".glb", ".webp", ".webp"]


def remote_avatars(demo):
    """Ids of the avatars that the sandbox has, with a look from its own side."""
    state = requests.get(f"{demo.address('Avaturn')}/_sandbox/state", timeout=10).json()
    return [avatar["id"] for user in state["users"] for avatar in user["avatars"]]


def test_from_log_in_to_the_admin_and_gone(page, demo):
    """The main job, as a person does it: site and sandbox on two origins, the SDK unmodified."""
    log_in(page, demo, "demo")
    editor = page.frame_locator("iframe")
    editor.get_by_role("button", name="Mia").click()
    canvas = editor.locator("canvas[data-look]")
    look = canvas.get_attribute("data-look")
    editor.get_by_test_id(re.compile("^option-hair_color-")).last.click()
    expect(canvas).not_to_have_attribute("data-look", look)
    press_next(page)
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", "saved")
    assert len(remote_avatars(demo)) == 1
    page.goto(f"{demo.address('Site')}avatars/")
    expect(page.get_by_role("list", name="My avatars").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("banner").get_by_text("demo").click()
    page.get_by_role("button", name="Log out").click()

    log_in(page, demo, "admin")
    page.goto(f"{demo.address('Site')}admin/django_avaturn/avatar/?q=demo")
    page.locator("#result_list").get_by_role("link", name="demo", exact=True).click()
    page.locator(".deletelink").click()
    expect(page.get_by_text("and at Avaturn")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Yes, I")).click()
    expect(page.get_by_text("was deleted successfully")).to_be_visible()
    assert remote_avatars(demo) == []
