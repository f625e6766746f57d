"""The admin in another theme: what staff do there works, and the console is silent."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_avaturn.models import Avatar, AvatarFile, RemoteDeletion

BASE = "/admin/django_avaturn/"


@pytest.fixture
def admin(boss: Any, log_in: Any, quiet_page: Page) -> Page:
    """The browser of staff."""
    log_in(boss)
    return quiet_page


@pytest.fixture
def avatars(ann: Any, bob: Any, stored: Any) -> list[Avatar]:
    """Ann's and Bob's."""
    return [stored(ann), stored(bob)]


def rows(page: Page) -> Any:
    return page.locator("#result_list tbody tr")


def test_dashboard_leads_to_the_list(admin, live_server, avatars):
    admin.goto(f"{live_server.url}/admin/")
    admin.get_by_role("rowheader", name="Avatars").get_by_role("link").first.click()
    expect(admin).to_have_url(f"{live_server.url}{BASE}avatar/")
    expect(rows(admin)).to_have_count(2)
    picture = rows(admin).first.locator("img.avaturn-thumbnail")
    picture.evaluate("image => image.decode()")


def test_search_then_delete_one_with_confirmation(admin, live_server, avatars, ann, sandbox):
    admin.goto(f"{live_server.url}{BASE}avatar/")
    admin.locator("#searchbar").fill("ann@")
    admin.locator("#searchbar").press("Enter")
    expect(rows(admin)).to_have_count(1)
    rows(admin).get_by_role("link", name="ann@example.com", exact=True).click()
    expect(admin.locator("avaturn-viewer")).to_have_count(1)
    admin.get_by_role("link", name="Delete").first.click()
    expect(admin.get_by_text("and at Avaturn")).to_be_visible()
    admin.get_by_role("button", name="Yes, I").click()
    expect(admin.get_by_text("was deleted successfully")).to_be_visible()
    assert not Avatar.objects.of(ann).exists()
    assert sandbox.count("deleteUserAvatar") == 1


def test_delete_chosen_rows(admin, live_server, avatars):
    admin.goto(f"{live_server.url}{BASE}avatar/")
    for box in admin.locator("tbody .action-select").all():
        box.check()
    admin.locator("select[name=action]").first.select_option("delete_selected")
    admin.get_by_role("button", name="Run").or_(
        admin.get_by_role("button", name="Go")
    ).first.click()
    expect(admin.get_by_text("and at Avaturn")).to_be_visible()
    admin.get_by_role("button", name="Yes, I").click()
    expect(admin.get_by_text("Successfully deleted 2 avatars")).to_be_visible()
    assert RemoteDeletion.objects.filter(state="ready").count() == 2


def test_buttons_of_a_row(admin, live_server, avatars, sandbox):
    before = sandbox.count("createExport")
    admin.goto(f"{live_server.url}{BASE}avatar/{avatars[0].pk}/change/")
    admin.get_by_role("button", name="Fetch again").click()
    expect(admin.get_by_text("Model: done")).to_be_visible()
    assert sandbox.count("createExport") == before + 1


def test_failed_work_can_be_read(admin, live_server, avatars):
    AvatarFile.objects.filter(avatar=avatars[0]).update(state="failed", error="Avaturn said no.")
    admin.goto(f"{live_server.url}{BASE}avatarfile/")
    failed = admin.locator(".avaturn-failed")
    expect(failed).to_have_count(2)
    expect(failed.first).to_have_css("color", "rgb(255, 255, 255)")
    expect(failed.first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(
    "model", ["avaturnprofile", "avatarfile", "remotedeletion", "filedeletion", "webhookevent"]
)
def test_other_lists_open(client, boss, avatars, model):
    client.force_login(boss)
    assert client.get(f"{BASE}{model}/").status_code == 200
