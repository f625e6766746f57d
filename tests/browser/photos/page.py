"""What a person does with the form, and sees."""

from __future__ import annotations

import io
import re

from PIL import Image
from playwright.sync_api import expect

from tests.photographs import photo

PARTS = ("image-frontal", "image-side-1", "image-side-2")


def slot(page, part):
    return page.locator(f"[data-part={part}]")


def put(page, part, data, name="me.jpg"):
    file = {"name": name, "mimeType": "image/jpeg", "buffer": data}
    slot(page, part).locator("input[type=file]").set_input_files(file)


def fill(page, **changes):
    """All that is needed."""
    for seed, part in enumerate(PARTS):
        put(page, part, changes.get(part.replace("-", "_"), photo(seed)))
        expect(slot(page, part)).to_have_attribute("data-filled", "")
    page.get_by_text("Female").click()


def send(page):
    page.get_by_role("button", name="Make my avatar").click()


def state(page, wanted):
    expect(page.locator("avaturn-photos")).to_have_attribute("data-state", wanted)


def says(page, text):
    expect(page.locator(".avaturn-photos-status")).to_have_text(re.compile(text))


def note(page, part):
    return slot(page, part).locator(".avaturn-slot-note")


def sent(page):
    """Keep what the browser sends; the requests go on."""
    bodies = []

    def keep(route):
        if route.request.method == "POST":
            bodies.append(route.request.post_data_buffer)
        route.continue_()

    page.route("**/avatar/avatars/", keep)
    return bodies


def pictures(body):
    """The JPEGs of a form, opened."""
    starts = [found.start() for found in re.finditer(rb"\r\n\r\n\xff\xd8\xff", body)]
    return [Image.open(io.BytesIO(body[start + 4 :])) for start in starts]
