"""Nothing jumps, pictures wait until they are near, and however many figures share one context."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from django_avaturn.models import AvaturnProfile
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes
from tests.browser.test_viewer import state as viewer_state
from tests.cards import activate, card

pytestmark = pytest.mark.urls("tests.loading_urls")

MANY = 60
NEAR = 40
"""So many cards at most begin in the window or in the 2,500 pixels below, where Chromium looks."""
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    shifts.push([value, ...sources.map(({ node }) => node?.className ?? "")]);
}).observe({ type: "layout-shift", buffered: true });
"""
CONTEXTS = """
window.contexts = [];
window.most = 0;
for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
  const { getContext } = prototype;
  prototype.getContext = function (kind, ...rest) {
    const context = getContext.call(this, kind, ...rest);
    if (/^webgl/.test(kind) && context && !contexts.includes(context)) contexts.push(context);
    most = Math.max(most, contexts.filter((one) => !one.isContextLost()).length);
    return context;
  };
}
"""


def figure(avatar):
    """The same avatar with a model that can be shown."""
    row = avatar.files.get(kind="model")
    row.file.save("m.glb", ContentFile(model_bytes(Look())))
    return avatar


@pytest.fixture
def many(monkeypatch, ann):
    """All of Ann's avatars, on one page of her gallery."""
    monkeypatch.setattr("django_avaturn.gallery.PER_PAGE", MANY)
    return [card(ann, portrait="ready") for _ in range(MANY)]


@pytest.fixture
def pictures(visitor):
    """Addresses of the pictures that were asked for."""
    found = []

    def listen(request):
        if request.url.endswith(".webp"):
            found.append(request.url)

    visitor.on("request", listen)
    return found


def open_page(page, live_server, name):
    page.goto(f"{live_server.url}/pages/{name}/", wait_until="networkidle")


def shifts(page):
    """After two frames, for a shift is told in the one after it."""
    frame = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
    page.evaluate(frame)
    return page.evaluate("shifts")


def test_nothing_jumps_on_a_profile_page(visitor, live_server, ann, sandbox):
    activate(figure(card(ann, portrait="ready")))
    AvaturnProfile.objects.update(avaturn_id=sandbox.add_user())
    visitor.add_init_script(SHIFTS)
    open_page(visitor, live_server, "profile")
    viewer_state(visitor, "shown")
    expect(visitor.locator("avaturn-editor")).to_have_attribute("data-state", "ready")
    assert shifts(visitor) == []


def test_nothing_jumps_in_a_long_gallery_and_pictures_wait(visitor, live_server, many, pictures):
    visitor.add_init_script(SHIFTS)
    open_page(visitor, live_server, "gallery")
    assert 0 < len(set(pictures)) <= NEAR
    for number in range(9, MANY, 10):
        visitor.locator(".avaturn-card").nth(number).scroll_into_view_if_needed()
    visitor.wait_for_load_state("networkidle")
    assert len(set(pictures)) > NEAR
    assert shifts(visitor) == []


def test_figures_beside_a_long_gallery_share_one_context(visitor, live_server, many):
    for avatar in many:
        figure(avatar)
    visitor.add_init_script(CONTEXTS)
    open_page(visitor, live_server, "viewers")
    viewers = visitor.locator("avaturn-viewer")
    expect(viewers).to_have_count(3)
    for number in range(3):
        viewers.nth(number).get_by_role("button", name="Show in 3D").click()
        expect(viewers.nth(number)).to_have_attribute("data-state", "shown")
    assert visitor.evaluate("most") == 1
    assert visitor.evaluate("contexts.length") == 2  # the first one to see whether there is any
