"""The sandbox's own pages: its editor on every screen, its sign-in, its front page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from django_avaturn import services

from .audit import faults


@pytest.fixture
def editor(site, ann, sandbox):
    """Open the editor by itself, as if it were in a frame."""
    user = services.get_profile(ann).avaturn_id

    def editor(with_avatar=False):
        if with_avatar:
            sandbox.add_avatar(user)
        site.goto(services.open_session(ann).url)
        return site

    return editor


def screen(page, name):
    expect(page.locator(f"[data-screen={name}]")).to_be_visible()


def test_first_avatar(editor):
    page = editor()
    screen(page, "create")
    assert faults(page) == []
    page.get_by_test_id("start-mia").or_(page.locator("#starters button").first).first.click()
    screen(page, "studio")
    assert faults(page) == []


def test_several_avatars(editor):
    page = editor(with_avatar=True)
    screen(page, "dashboard")
    assert faults(page) == []


def test_broken_link(site, sandbox_server, sandbox):
    site.goto(f"{sandbox_server.url}/editor?token=no")
    screen(site, "error")
    assert faults(site) == []


def test_front_page_and_sign_in(site, sandbox_server, sandbox):
    site.goto(f"{sandbox_server.url}/")
    assert faults(site) == []
    site.goto(f"{sandbox_server.url}/iframe")
    screen(site, "sign-in")
    assert faults(site) == []
    with site.expect_popup() as popup:
        site.get_by_test_id("sign-in").click()
    popup.value.get_by_label("Account name").wait_for()
    assert faults(popup.value) == []
