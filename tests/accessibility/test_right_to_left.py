"""Arabic: the pages are mirrored, nothing is cut off, and what reads on the left still does."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from tests import cards
from tests.browser.test_editor import state

from .audit import DESKTOP, PHONE, axe, layout


@pytest.fixture
def arabic(site, settings):
    settings.LANGUAGE_CODE = "ar"
    return site


def box(locator):
    """Left and right edge, in pixels."""
    found = locator.bounding_box()
    return found["x"], found["x"] + found["width"]


def mirrored(page, first, second):
    """Whether ``first`` lies to the right of ``second``."""
    return box(page.locator(first).first)[0] >= box(page.locator(second).first)[1]


def fits(page):
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert axe(page) == []
    assert layout(page) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_gallery(arabic, live_server, ann, size):
    cards.activate(cards.card(ann, "outdated", portrait="ready", gender="female"))
    cards.card(ann, "ready", portrait="ready")
    arabic.goto(f"{live_server.url}/avatar/")
    fits(arabic)
    arabic.set_viewport_size(size)
    assert mirrored(arabic, ".avaturn-facts dt", ".avaturn-facts dd")
    heading = box(arabic.get_by_role("heading", level=1))
    main = box(arabic.locator("main"))
    assert main[1] - heading[1] <= 40  # it begins at the right edge
    picture, title = (".avaturn-card .avaturn-picture", ".avaturn-card .avaturn-title")
    assert size is DESKTOP or mirrored(arabic, picture, title)
    if size is DESKTOP:
        assert mirrored(arabic, ".avaturn-count", ".avaturn-gallery-head .avaturn-open")
        first, second = arabic.locator(".avaturn-card").all()
        assert box(first)[0] >= box(second)[1]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_editor_dialog(arabic, show_tag, size):
    show_tag("avaturn_editor dialog=True")
    arabic.set_viewport_size(size)
    arabic.locator(".avaturn-open").click()
    state(arabic, "ready")
    fits(arabic)
    arabic.set_viewport_size(size)
    assert mirrored(arabic, ".avaturn-bar strong", ".avaturn-close")
    frame = box(arabic.locator("iframe"))
    assert frame[0] >= 0 and frame[1] <= size["width"]
    # Avaturn's editor is its own page, in its own language.
    expect(arabic.frame_locator("iframe").locator("html")).not_to_have_attribute("dir", "rtl")


def test_saving_is_told_at_the_beginning_of_the_line(arabic, show_tag):
    show_tag("avaturn_editor")
    state(arabic, "ready")
    arabic.frame_locator("iframe").locator("#starters button").first.click()
    arabic.frame_locator("iframe").get_by_test_id("next").click()
    state(arabic, "saved")
    told, panel = arabic.locator(".avaturn-notice"), arabic.locator(".avaturn-panel")
    assert box(panel)[1] - box(told)[1] <= 20


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_photo_form(arabic, show_tag, size):
    show_tag("avaturn_photo_form")
    arabic.locator("avaturn-photos[data-state=idle]").wait_for()
    fits(arabic)
    arabic.set_viewport_size(size)
    if size is DESKTOP:
        front, left, right = (arabic.locator("avaturn-photo").nth(n) for n in range(3))
        assert box(front)[0] >= box(left)[1] and box(left)[0] >= box(right)[1]
    else:
        assert mirrored(arabic, ".avaturn-slot-picture", ".avaturn-slot-title")
    # The outline of the left side of a face looks the same way in every language.
    turned = "node => getComputedStyle(node).transform"
    outline = arabic.locator("[data-part=image-side-1] .avaturn-outline")
    assert outline.evaluate(turned) == "none"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_admin(arabic, live_server, ann, log_in, size):
    log_in(get_user_model().objects.create_superuser("boss"))
    avatar = cards.card(ann, "outdated", portrait="ready")
    arabic.goto(f"{live_server.url}/admin/django_avaturn/avatar/{avatar.pk}/change/")
    arabic.set_viewport_size(size)
    root = "document.documentElement"
    assert arabic.evaluate(f"{root}.dir") == "rtl"
    assert arabic.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
    buttons = arabic.locator(".avaturn-button button").all()
    assert len(buttons) == 2
    for button in buttons:
        left, right = box(button)
        assert left >= 0 and right <= size["width"]
    if size is DESKTOP:
        heading, tools = box(arabic.locator("#content h1")), box(arabic.locator(".object-tools"))
        assert tools[1] <= heading[1]  # beside it, towards the end of the line
        model, figure = arabic.locator(".avaturn-preview-model"), arabic.locator("figure")
        assert box(model)[0] >= box(figure)[1]
