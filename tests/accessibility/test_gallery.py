"""The gallery: empty, in every state, with questions open, and for visitors."""

from __future__ import annotations

import pytest

from django_avaturn.models import Avatar
from tests import cards

from .audit import faults

STATES = [*cards.AVATARS, *cards.MODELS]


@pytest.fixture
def full(site, ann, configure):
    """Each state on a card of its own."""
    configure(REQUIRE_FACE_ANIMATIONS=True)
    for state in STATES:
        cards.card(ann, state, portrait="ready", gender="female", supports_face_animations=False)
    cards.card(ann, "lost", avaturn_id="")
    cards.activate(Avatar.objects.latest("created_at"))


def test_empty(site, live_server):
    site.goto(f"{live_server.url}/avatar/")
    assert faults(site) == []


def test_every_state(full, site, live_server):
    site.goto(f"{live_server.url}/avatar/")
    assert faults(site) == []
    site.locator("details.avaturn-unconfirmed > summary").click()
    site.locator("details.avaturn-delete > summary").last.click()
    assert faults(site) == []
    site.get_by_role("button", name="Delete for good").last.focus()
    site.route("**/avatar/", lambda route: route.abort())
    site.get_by_role("button", name="Delete for good").last.click()
    site.get_by_role("button", name="Try again").wait_for()
    assert faults(site) == []


def test_visitors(site, live_server, configure):
    configure(ALLOW_GUESTS=True)
    site.context.clear_cookies()
    site.goto(f"{live_server.url}/avatar/")
    site.get_by_text("You need no account for it.").wait_for()
    assert faults(site) == []


def test_not_logged_in(show_tag, site):
    site.context.clear_cookies()
    assert faults(show_tag("avaturn_gallery")) == []
