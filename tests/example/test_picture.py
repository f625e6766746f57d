"""The README's picture shows the example as it looks today.

``UPDATE_PICTURES=1`` writes it anew.
"""

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .test_browser import demo, log_in  # noqa: F401
from .test_browser import make as make_avatar

pytestmark = pytest.mark.browser

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "profile.png"

# How far two pictures are apart: the mean difference of a colour (0 to 255) at 64 x 48 pixels,
# which tells another layout from another moment of the figure's breath. What is right of the
# editor does not count: the figure there turns.
DISTANCE = """
async (pictures) => {
  const pixels = await Promise.all(pictures.map(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(64, 48).getContext("2d");
    canvas.drawImage(image, 0, 0, 64, 48);
    return canvas.getImageData(0, 0, 64, 48).data;
  }));
  const apart = [...pixels[0]].map((one, n) => Math.abs(one - pixels[1][n]));
  const counted = apart.filter((_, n) => Math.floor(n / 4) % 64 < 45);
  return counted.reduce((sum, one) => sum + one) / counted.length;
}
"""


LOADED = """
() => [...document.images]
  .filter((image) => image.offsetParent && image.getBoundingClientRect().bottom < 0.8 * innerHeight)
  .every((image) => image.complete && image.naturalWidth)
"""


def test_picture_in_the_readme_is_up_to_date(page, browser, demo):  # noqa: F811
    log_in(page, demo, "demo")
    make_avatar(page, "Mia")
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", "saved")
    expect(page.get_by_role("complementary")).to_contain_text("This is the one that others see.")
    expect(page.locator("avaturn-viewer")).to_have_attribute("data-state", "shown")
    expect(page.get_by_role("banner").locator("avaturn-portrait img")).to_be_visible()
    # The editor's thumbnails come in one by one, and the notice goes by itself.
    page.frames[1].wait_for_function(LOADED)
    page.locator(".avaturn-notice").evaluate(
        "notice => Promise.all(notice.getAnimations().map(animation => animation.finished))"
    )
    shot = page.screenshot()
    if os.environ.get("UPDATE_PICTURES"):
        PICTURE.write_bytes(shot)
    stored = PICTURE.read_bytes()
    assert stored[16:24] == shot[16:24], "another size"  # where a PNG writes width and height
    both = [base64.b64encode(one).decode() for one in (stored, shot)]
    blank = browser.new_page()  # the site's own policy would block data addresses
    assert blank.evaluate(DISTANCE, both) < 2.5
