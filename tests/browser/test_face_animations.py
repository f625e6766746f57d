"""T1 and T2: what the editor says is shown, and may be demanded."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from django_avaturn.models import Avatar
from tests.browser.test_editor import create, element, next_, open_page, retry, state


@pytest.mark.parametrize(("kind", "shown"), [("T1", "Still (T1)"), ("T2", "Animated (T2)")])
def test_the_gallery_tells(visitor, live_server, sandbox, kind, shown):
    sandbox.avatar_type = kind
    open_page(visitor, live_server)
    create(visitor)
    next_(visitor)
    state(visitor, "saved")
    visitor.goto(f"{live_server.url}/avatar/")
    expect(visitor.locator(".avaturn-facts")).to_contain_text(shown)


def test_a_site_may_demand_them(visitor, live_server, sandbox, configure):
    configure(REQUIRE_FACE_ANIMATIONS=True)
    open_page(visitor, live_server)
    create(visitor)
    next_(visitor)
    state(visitor, "failed")
    expect(element(visitor)).to_contain_text("Only avatars with face animations are taken here.")
    assert not Avatar.objects.exists()
    retry(visitor)  # of the same export: it is no better
    expect(element(visitor)).to_contain_text("Only avatars with face animations")
    assert not Avatar.objects.exists()
    sandbox.avatar_type = "T2"
    next_(visitor)
    state(visitor, "saved")
    assert Avatar.objects.get().supports_face_animations is True
