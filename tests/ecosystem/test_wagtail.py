"""Pages of a CMS with the tags in them: as visitors see them, and in the preview of who writes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from wagtail.models import Locale, Page, Site

from django_avaturn.models import Avatar
from tests.ecosystem.community.models import MemberPage
from tests.ecosystem.editing import make_avatar


@pytest.fixture
def member_page(ann: Any) -> MemberPage:
    """A live page that Ann owns, at ``/``, with a block of the reader's avatars."""
    Locale.objects.get_or_create(language_code="en")
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    page = MemberPage(title="Ann's page", slug="ann", owner=ann)
    page.body = [("avatars", {"heading": "Your avatars"})]
    root.add_child(instance=page)
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=page, is_default_site=True)
    return page


def test_page_shows_its_owner_to_strangers(member_page, ann, stored, client):
    portrait = stored(ann).portrait
    html = client.get("/").content.decode()
    assert portrait.thumbnail.url in html
    assert 'alt="Portrait of ann"' in html


def test_block_shows_the_reader_s_own(member_page, ann, bob, stored, client):
    hers, his = stored(ann), stored(bob)
    client.force_login(bob)
    html = client.get("/").content.decode()
    gallery = html[html.index("Your avatars") :]
    assert f"avaturn-{his.pk}" in gallery
    assert f"avaturn-{hers.pk}" not in gallery


def test_page_without_owner(member_page, stored, client):
    MemberPage.objects.update(owner=None)
    assert client.get("/").status_code == 200


def test_editor_on_a_page(member_page, bob, live_server, log_in, without_pictures, quiet_page):
    log_in(bob)
    quiet_page.goto(live_server.url)
    quiet_page.get_by_role("button", name="Edit avatar").click()
    make_avatar(quiet_page)
    expect(quiet_page.locator(".avaturn-card")).to_have_count(1)
    assert Avatar.objects.of(bob).count() == 1


def test_editor_in_the_preview(
    member_page, boss, live_server, log_in, without_pictures, quiet_page
):
    log_in(boss)
    quiet_page.set_viewport_size({"width": 1800, "height": 1000})
    quiet_page.goto(f"{live_server.url}/cms/pages/{member_page.pk}/edit/")
    toggle = quiet_page.get_by_role("button", name="Toggle preview")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    preview = quiet_page.frame_locator("#w-preview-iframe")
    expect(preview.get_by_role("heading", name="Ann's page")).to_be_visible()
    preview.get_by_role("button", name="Edit avatar").click()
    make_avatar(preview)
    assert Avatar.objects.of(boss).count() == 1
