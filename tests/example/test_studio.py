"""The Studio in a real browser: the site's own controls, and Avaturn's figure."""

import re

import pytest
from playwright.sync_api import expect

from django_avaturn.client import AvaturnClient

from .test_browser import demo, log_in, remote_avatars  # noqa: F401

pytestmark = pytest.mark.browser

FIGURE = "**/editor/figure?*"


def look_of(demo, avatar_id):  # noqa: F811
    """What the sandbox has stored of how an avatar looks."""
    client = AvaturnClient("sandbox-token", base_url=demo.address("Avaturn"))
    return client.get_customization(avatar_id).as_json()


@pytest.fixture
def studio(quiet_page, demo):  # noqa: F811
    """The Studio of somebody new, who has just chosen a figure."""
    log_in(quiet_page, demo, "demo")
    quiet_page.get_by_role("link", name="Studio").click()
    starter = quiet_page.frame_locator("iframe").get_by_role("button", name="Mia")
    expect(starter).to_be_visible()
    expect(quiet_page.get_by_role("button", name="Save")).to_be_disabled()
    expect(quiet_page.get_by_label("Skin tone")).to_be_disabled()
    starter.click()
    return quiet_page


def save(page):
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("form", name="Look").get_by_role("status")).to_have_text("Saved.")


def test_what_is_chosen_is_what_avaturn_stores(studio, demo):  # noqa: F811
    page = studio
    body = page.get_by_role("group", name="Body")
    expect(body.get_by_role("radio")).to_have_count(4)
    expect(body.get_by_label("2, female")).to_be_checked()
    expect(page.get_by_label("Auburn")).to_be_checked()

    body.get_by_label("3, male").check()
    page.get_by_role("group", name="Hair colour").get_by_label("Pink").check()
    page.get_by_role("group", name="Clothes").get_by_label("suit").check()
    page.get_by_role("group", name="Eyes").get_by_label("light green").check()
    page.get_by_label("Skin tone").fill("30")
    page.get_by_label("Head").fill("-40")
    save(page)

    [avatar_id] = remote_avatars(demo)
    look = look_of(demo, avatar_id)
    assert look["body"] == "body_2" and look["skin_tone_correction"] == 30
    assert look["assets"]["hair_and_headwear"]["color"] == "#ee7fae"
    assert look["bone_scale"] == {"head": -40, "arms": 0, "chest": 0}

    page.goto(f"{demo.address('Site')}profile/")
    page.get_by_role("link", name="Change it in the Studio").click()
    assert page.url.endswith(f"/studio/?avatar={avatar_id}")
    expect(page.get_by_label("Pink")).to_be_checked()
    expect(page.get_by_label("3, male")).to_be_checked()
    expect(page.get_by_label("suit")).to_be_checked()
    expect(page.get_by_label("light green")).to_be_checked()
    expect(page.get_by_label("Head")).to_have_value("-40")


def test_a_dragged_slider_ends_where_it_was_let_go(studio, demo):  # noqa: F811
    slider = studio.get_by_label("Chest")
    expect(slider).to_be_enabled()
    held = []
    studio.route(
        "**/editor/figure?*", lambda route: held.append(route)
    )  # the figure is slow to change
    # In one go: the SDK waits 20 seconds for an answer, and each key press takes its time.
    slider.evaluate(
        """slider => {
          for (slider.value = 0; slider.value < 40; ) {
            slider.stepUp();
            slider.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }"""
    )
    studio.get_by_role("button", name="Save").click()
    expect(studio.get_by_text("Saving…", exact=True)).to_be_visible()
    studio.route(FIGURE, lambda route: route.continue_())
    for route in held:
        route.continue_()
    expect(studio.get_by_role("form", name="Look").get_by_role("status")).to_have_text("Saved.")
    [avatar_id] = remote_avatars(demo)
    assert look_of(demo, avatar_id)["bone_scale"]["chest"] == 40


def test_a_refused_wish_is_told_and_taken_back(studio):
    pink, auburn = studio.get_by_label("Pink"), studio.get_by_label("Auburn")
    expect(pink).to_be_enabled()
    pink.evaluate("radio => { radio.value = 'no colour'; }")
    pink.click()
    status = studio.get_by_role("form", name="Look").get_by_role("status")
    expect(status).to_contain_text("That did not work")
    expect(auburn).to_be_checked()


def test_keys_are_enough(studio):
    expect(studio.get_by_label("Auburn")).to_be_enabled()
    studio.get_by_label("Auburn").focus()
    studio.keyboard.press("ArrowRight")
    expect(studio.get_by_label("Blond")).to_be_checked()
    expect(studio.get_by_text("Not saved yet.")).to_be_visible()
    canvas = studio.frame_locator("iframe").locator("canvas[data-look]")
    expect(canvas).to_have_attribute("data-look", re.compile("#dcb160"))
