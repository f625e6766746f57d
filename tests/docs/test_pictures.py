"""The pictures of the pages show the example as it looks today.

``UPDATE_PICTURES=1`` takes them anew.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from tests.chromium import LIMIT
from tests.docs.samples import ROOT, pages
from tests.example.test_browser import demo, log_in, make  # noqa: F401
from tests.example.test_picture import LOADED

PICTURES = ROOT / "docs" / "pictures"
OTHERS = {"profile.png"}  # tests/example/test_picture.py takes it
ALIKE = 6.0
"""How far two may be apart: the mean difference of a colour (0 to 255) at 64 x 48 pixels, which
tells another layout from another moment of a figure that breathes or turns."""
TURNING = {"viewer.png": 12.0}
"""More, where the figure that turns is all there is; an empty viewer is 18 away."""
PATIENCE = 90_000
"""Milliseconds."""
TOTAL = 1_500_000
"""Bytes of all pictures together."""


@pytest.fixture
def patient(context):
    """Much is drawn here by a processor alone, and nothing is measured."""
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=LIMIT)


@pytest.mark.browser
@pytest.mark.usefixtures("patient")
def test_pictures_show_what_there_is(browser, context, page, demo):  # noqa: F811
    log_in(page, demo, "demo")
    site = demo.address("Site")
    taken: dict[str, bytes] = {}
    for name, shot in scenes(browser, context, page, site):
        taken[name] = shot
        if os.environ.get("UPDATE_PICTURES"):
            (PICTURES / name).write_bytes(small(shot))
    apart = {name: distance((PICTURES / name).read_bytes(), shot) for name, shot in taken.items()}
    assert {name: far for name, far in apart.items() if far > TURNING.get(name, ALIKE)} == {}
    assert taken.keys() | OTHERS == {file.name for file in PICTURES.iterdir()}


def scenes(browser, context, page, site) -> Iterator[tuple[str, bytes]]:
    """Each picture, once the page shows what it is a picture of."""
    editor = page.locator("avaturn-editor")
    make(page, "Mia")
    expect(editor).to_have_attribute("data-state", "saved")
    viewer = page.locator("avaturn-viewer")
    expect(viewer).to_have_attribute("data-state", "shown")
    expect(page.get_by_role("banner").locator("avaturn-portrait img")).to_be_visible()
    yield "editor.png", settled(page, editor)
    yield "viewer.png", settled(page, viewer)

    page.goto(f"{site}studio/?avatar={viewer.get_attribute('data-avatar')}")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    yield "studio.png", settled(page)

    page.goto(f"{site}avatars/")
    cards = page.get_by_role("list", name="My avatars").get_by_role("listitem")
    page.get_by_role("button", name="New avatar").click()
    make(page, "Max")
    expect(cards).to_have_count(2)
    page.reload()
    expect(cards.first.locator("img").first).to_be_visible()
    yield "gallery.png", settled(page)

    page.goto(f"{site}photos/")
    expect(page.locator("avaturn-photo")).to_have_count(3)
    yield "photos.png", settled(page)

    storage = context.storage_state()
    phone = browser.new_context(
        viewport={"width": 390, "height": 780}, color_scheme="dark", storage_state=storage
    )
    small_page = phone.new_page()
    small_page.goto(f"{site}avatars/")
    expect(small_page.get_by_role("list", name="My avatars").locator("img").first).to_be_visible()
    yield "phone-dark.png", settled(small_page)
    phone.close()

    staff = browser.new_context(viewport={"width": 1280, "height": 640})
    admin = staff.new_page()
    admin.goto(f"{site}admin/login/?next=/admin/django_avaturn/avatar/")
    admin.fill("[name=username]", "admin")
    admin.fill("[name=password]", "admin")
    admin.click("[type=submit]")
    expect(admin.locator("#result_list tbody tr")).to_have_count(2)
    yield "admin.png", settled(admin)
    staff.close()


def settled(page, element=None) -> bytes:
    """A picture of the page or a part of it, once nothing loads or fades any more."""
    for frame in page.frames:
        frame.wait_for_function(LOADED)
    target = element or page
    if element:
        element.scroll_into_view_if_needed()
    return target.screenshot(animations="disabled")


def small(shot: bytes) -> bytes:
    """The same in few colours: a quarter of the bytes, and hardly to be told from it."""
    with Image.open(io.BytesIO(shot)) as image:
        few = image.convert("RGB").quantize(256, kmeans=2)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def distance(stored: bytes, shot: bytes) -> float:
    """See ``ALIKE``; another size is infinitely far away."""
    with Image.open(io.BytesIO(stored)) as one, Image.open(io.BytesIO(shot)) as other:
        if one.size != other.size:
            return float("inf")
        two = [
            image.convert("RGB").resize((64, 48), Image.Resampling.BOX) for image in (one, other)
        ]
    return sum(ImageStat.Stat(ImageChops.difference(*two)).mean) / 3


def test_pictures_are_used_and_light():
    text = "".join((ROOT / page).read_text("utf-8") for page in pages())
    files = list(PICTURES.iterdir())
    assert [file.name for file in files if f"pictures/{file.name}" not in text] == []
    assert sum(file.stat().st_size for file in files) < TOTAL


def test_another_picture_is_noticed():
    left, right = Image.new("RGB", (640, 480), "white"), Image.new("RGB", (640, 480), "white")
    right.paste("navy", (0, 0, 640, 120))
    shots = []
    for image in (left, right):
        out = io.BytesIO()
        image.save(out, "PNG")
        shots.append(out.getvalue())
    assert distance(shots[0], shots[0]) == 0
    assert distance(small(shots[1]), shots[1]) < 1
    assert distance(*shots) > ALIKE
    assert distance(shots[0], Path(PICTURES / "profile.png").read_bytes()) == float("inf")
