"""The admin in Chromium: under a strict policy, light and dark, at the width of a phone."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from django_avaturn.models import Avatar, AvatarFile, FileDeletion
from django_avaturn.sandbox.drawing import picture
from django_avaturn.sandbox.look import Look
from django_avaturn.services import pictures

BASE = "/admin/django_avaturn/"


@pytest.fixture
def boss(
    live_server: Any, sandbox: Any, settings: Any, log_in: Callable[[Any], None], quiet_page: Page
) -> Page:
    """A superuser's browser under a strict policy, whose console must not complain."""
    settings.ROOT_URLCONF = "tests.browser.admin_site"
    settings.MIDDLEWARE = ["tests.browser.admin_site.strict", *settings.MIDDLEWARE]
    log_in(get_user_model().objects.create_superuser("boss"))
    return quiet_page


@pytest.fixture
def avatar(make_avatar: Callable[[Any], Avatar], ann: Any, sandbox: Any) -> Avatar:
    """Ready at Avaturn, with a portrait here."""
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    large, small = pictures.encode(BytesIO(picture(Look(), "bust", 256)))
    row = AvatarFile(avatar=avatar, kind="portrait", scene="common/preview", state="ready")
    row.file.save("portrait.webp", ContentFile(large.data), save=False)
    row.thumbnail.save("portrait.webp", ContentFile(small.data))
    return avatar


def loaded(page: Page, selector: str) -> bool:
    """Whether the picture has been fetched and decoded."""
    image = page.locator(selector)
    image.evaluate("image => image.decode()")
    return bool(image.evaluate("image => image.complete && image.naturalWidth > 0"))


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    root = "document.documentElement"
    return int(page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def test_list_shows_the_picture_which_leads_to_the_avatar(boss, live_server, avatar):
    boss.goto(f"{live_server.url}{BASE}avatar/")
    assert loaded(boss, ".avaturn-thumbnail")
    box = boss.locator(".avaturn-thumbnail").bounding_box()
    assert (box["width"], box["height"]) == (40, 40)
    boss.get_by_role("link", name="Portrait of ann").click()
    expect(boss).to_have_url(f"{live_server.url}{BASE}avatar/{avatar.pk}/change/")
    assert loaded(boss, ".avaturn-preview figure img")


def test_buttons_act_and_the_page_tells_of_it(boss, live_server, avatar, sandbox):
    boss.goto(f"{live_server.url}{BASE}avatar/{avatar.pk}/change/")
    boss.get_by_role("button", name="Fetch again").click()
    told = boss.locator(".messagelist")
    expect(told).to_contain_text("Avaturn is making the model.")
    boss.get_by_role("button", name="Fetch again").click()
    expect(told).to_contain_text("Model: done")
    expect(boss.locator(".avaturn-ready")).to_have_count(1)
    boss.get_by_role("button", name="New portrait").click()
    expect(told).to_contain_text("Portrait: waiting.")
    assert sandbox.count("downloadFile") == 1


def test_choosing_rows_and_fetching_their_files_again(boss, live_server, avatar, sandbox):
    boss.goto(f"{live_server.url}{BASE}avatar/")
    boss.locator("tbody .action-select").check()
    boss.get_by_label("Action:").first.select_option("fetch_again")
    boss.get_by_role("button", name="Go").or_(boss.get_by_role("button", name="Run")).first.click()
    expect(boss.locator(".messagelist")).to_contain_text("Avaturn is making the model.")
    assert sandbox.count("createExport") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["avatar/{}/change/", "avatarfile/{file}/change/", "filedeletion/{name}/change/"]
)
def test_pages_fit_on_a_phone(boss, live_server, avatar, scheme, path):
    row = avatar.files.get()
    AvatarFile.objects.filter(pk=row.pk).update(state="failed", error="Avaturn said no. " * 17)
    boss.emulate_media(color_scheme=scheme)
    boss.set_viewport_size({"width": 390, "height": 844})
    name = FileDeletion.objects.create(name=f"avaturn/ab/{'ab' * 20}.glb", state="failed")
    boss.goto(f"{live_server.url}{BASE}{path.format(avatar.pk, file=row.pk, name=name.pk)}")
    expect(boss.locator(".avaturn-failed")).to_be_visible()
    assert overflow(boss) <= 0
    for button in boss.locator(".avaturn-button button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
