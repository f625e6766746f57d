"""Ways in without Avaturn knowing the person: visitors, a new start, and the plan without API."""

import re

import pytest
from playwright.sync_api import expect

from .test_browser import demo, log_in, make, remote_avatars  # noqa: F401
from .test_demo import free_port, running_demo

pytestmark = pytest.mark.browser


@pytest.fixture
def free_demo(tmp_path):
    """The demo as a project without API."""
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports, "--free-plan") as demo:  # noqa: F811
        demo.wait_for("Stop with Ctrl-C")
        yield demo


def sign_up(page):
    """Make an account for whoever has an avatar already."""
    page.get_by_role("link", name="Sign up to keep it").click()
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password", exact=True).fill("a-long-Secret-7")
    page.get_by_label("Password confirmation").fill("a-long-Secret-7")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()


def sign_in_to_avaturn(page, name):
    """In the window that the frame opens."""
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_test_id("sign-in").click()
    opened.value.get_by_label("Account name").fill(name)
    opened.value.get_by_role("button", name="Continue").click(
        no_wait_after=True
    )  # it closes itself


def assert_kept(page):
    """The visitor's avatar, made on the page before, becomes the new member's."""
    summary = page.get_by_role("complementary")
    expect(page.locator("avaturn-viewer")).to_have_attribute("data-state", "shown")
    # The figure is there before it is saved; the heading comes with the avatar.
    expect(summary.get_by_role("heading")).to_have_text(re.compile("^Avatar "))
    title = summary.get_by_role("heading").inner_text()
    sign_up(page)
    expect(page.get_by_text("Your avatar is yours now.")).to_be_visible()
    expect(summary.get_by_role("heading")).to_have_text(title)
    expect(page.locator("avaturn-viewer")).to_have_attribute("data-state", "shown")


def test_a_visitors_avatar_is_kept_by_signing_up(quiet_page, demo):  # noqa: F811
    page = quiet_page
    page.goto(demo.address("Site"))
    page.get_by_role("link", name="Try it without an account").click()
    make(page, "Zoe")
    assert_kept(page)
    assert len(remote_avatars(demo)) == 1


def test_starting_over_leaves_nothing_of_before(page, demo):  # noqa: F811
    log_in(page, demo, "demo")
    make(page, "Mia")
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", re.compile("saved"))
    [before] = remote_avatars(demo)

    page.goto(f"{demo.address('Site')}account/")
    button = page.get_by_role("button", name="Start over", exact=True)
    expect(button).to_be_hidden()
    page.get_by_text("I want to start over").click()
    button.click()
    make(page, "Max")  # the starters, not the avatar of before
    expect(page.get_by_text("Your avatar is saved.").last).to_be_visible()
    expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
    [after] = remote_avatars(demo)
    assert after != before


def test_the_free_plan_from_the_sign_in_to_the_gallery(quiet_page, free_demo):
    page = quiet_page
    page.goto(f"{free_demo.address('Site')}try/")
    sign_in_to_avaturn(page, "grace at Avaturn")
    make(page, "Mia")
    assert_kept(page)

    page.get_by_role("banner").get_by_role("link", name="My avatars").click()
    cards = page.get_by_role("list", name="My avatars").get_by_role("listitem")
    expect(cards).to_have_count(1)
    page.get_by_role("button", name="New avatar").click()
    sign_in_to_avaturn(page, "another account")
    make(page, "Max")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("Active")
