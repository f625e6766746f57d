"""The viewer and the portrait: a picture, no picture, in 3D, and failed."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect

from django_avaturn import jobs, services
from django_avaturn.models import AvatarFile
from tests import cards

from .audit import faults, moving

VIEWER = "avaturn_viewer user"


@pytest.fixture
def stored(site, ann, sandbox):
    """Ann's active avatar, with its model in the storage."""
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.record_export(ann, avatar_id, {})
    jobs.run_due(AvatarFile)


def state(page, wanted):
    expect(page.locator("avaturn-viewer")).to_have_attribute("data-state", wanted)


def test_nothing_there(show_tag, site):
    show_tag(VIEWER)
    assert faults(site) == []
    show_tag("avaturn_portrait user")
    assert faults(site) == []


def test_picture_then_3d(show_tag, site, stored, ann):
    cards.picture(ann.avaturn_profile.active_avatar)
    show_tag(f"{VIEWER} reveal='click'")
    assert faults(site) == []
    site.get_by_role("button", name="Show in 3D").press("Enter")
    state(site, "shown")
    # model-viewer's own parts are its own: its canvas, its slots.
    assert faults(site, leave_out=["model-viewer"]) == []


def test_failed(show_tag, site, stored):
    site.route("**/*.glb", lambda route: route.abort())
    show_tag(f"{VIEWER} reveal='click'")
    site.get_by_role("button", name="Show in 3D").click()
    state(site, "failed")
    assert faults(site) == []


def test_it_does_not_turn_by_itself_where_motion_is_unwanted(show_tag, site, stored):
    orbit = "document.querySelector('model-viewer').getCameraOrbit().theta"
    show_tag(f"{VIEWER} reveal='click'")
    site.get_by_role("button", name="Show in 3D").click()
    state(site, "shown")
    assert site.locator("model-viewer").get_attribute("auto-rotate") is None
    before = site.evaluate(orbit)
    frames = """new Promise(done => {
      let left = 90;
      const next = () => left-- ? requestAnimationFrame(next) : done();
      next();
    })"""
    site.evaluate(frames)
    assert site.evaluate(orbit) == before
    assert moving(site) == []
