"""The person's whole way under the strict policy: nothing is blocked, not even 3D and portraits."""

from __future__ import annotations

from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests.ecosystem.editing import make_avatar

DRAWN = 90_000
"""Milliseconds for what is drawn in 3D, which takes long where there is no graphics card."""


def test_from_the_editor_to_the_face_in_the_page(as_member, ann, live_server):
    page = as_member
    with page.expect_response(f"{live_server.url}/me/") as answer:
        page.goto(f"{live_server.url}/me/")
    assert "'unsafe" not in answer.value.headers["content-security-policy"]
    make_avatar(page)
    face = page.locator("header avaturn-portrait img")
    expect(face).to_be_visible(timeout=DRAWN)
    page.locator("avaturn-viewer").get_by_role("button", name="Show in 3D").click()
    viewer = page.locator("avaturn-viewer")
    expect(viewer).to_have_attribute("data-state", "shown", timeout=DRAWN)
    expect(page.locator(".avaturn-card img")).to_be_visible()
    page.reload()
    shown = page.locator("header > img").get_attribute("src")
    assert shown == Avatar.objects.of(ann).get().portrait.thumbnail.url
