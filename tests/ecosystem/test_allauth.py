"""What a visitor has made is theirs after allauth has logged them in, in whatever way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from playwright.sync_api import Page, expect

from django_avaturn.models import Avatar, AvaturnProfile
from tests.ecosystem.editing import expect_state, make_avatar

CARDS = ".avaturn-card"


@pytest.fixture
def hers(ann: Any, stored: Any) -> Avatar:
    """One that Ann has already."""
    return stored(ann)


@pytest.fixture
def visitor(live_server: Any, without_pictures: None, quiet_page: Page) -> Page:
    """Somebody without an account who has just made an avatar."""
    quiet_page.goto(f"{live_server.url}/me/")
    make_avatar(quiet_page)
    assert Avatar.objects.filter(profile__user=None).count() == 1
    return quiet_page


def sign_up(page: Page, live_server: Any, email: str) -> None:
    page.goto(f"{live_server.url}/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign Up").click()


def expect_mine(page: Page, user: Any, count: int = 1) -> None:
    """The page greets the user and shows so many avatars; they are the user's in the database."""
    expect(page.get_by_text(f"Welcome, {user.email}")).to_be_visible()
    expect(page.locator(CARDS)).to_have_count(count)
    assert Avatar.objects.of(user).count() == Avatar.objects.count() == count
    assert not AvaturnProfile.objects.filter(user=None).exists()


def test_sign_up(visitor, live_server, sandbox):
    sign_up(visitor, live_server, "eve@example.com")
    expect_mine(visitor, get_user_model().objects.get(email="eve@example.com"))
    assert sandbox.count("createUser") == 1


def test_sign_up_with_an_address_that_has_to_be_verified_first(visitor, live_server, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    sign_up(visitor, live_server, "eve@example.com")
    expect(visitor.get_by_label("Code")).to_be_visible()
    assert Avatar.objects.get().profile.user_id is None
    visitor.get_by_label("Code").fill(code())
    visitor.get_by_role("button", name="Confirm").click()
    expect_mine(visitor, get_user_model().objects.get(email="eve@example.com"))


def test_log_in_with_a_code_adds_to_what_the_member_has(ann, hers, visitor, live_server):
    visitor.goto(f"{live_server.url}/accounts/login/code/")
    visitor.get_by_label("Email").fill(ann.email)
    visitor.get_by_role("button").last.click()
    visitor.get_by_label("Code").fill(code())
    visitor.get_by_role("button", name="Confirm").click()
    expect_mine(visitor, ann, 2)


def test_account_of_another_site(visitor, live_server):
    visitor.goto(f"{live_server.url}/accounts/dummy/login/")
    visitor.get_by_role("button").click()
    visitor.locator("[name=id]").fill("17")
    visitor.locator("[name=email]").fill("eve@example.com")
    visitor.get_by_role("button", name="Login").click()
    expect_mine(visitor, get_user_model().objects.get(email="eve@example.com"))


def test_who_logs_out_is_another_visitor(hers, as_member, live_server):
    page = as_member
    page.goto(f"{live_server.url}/me/")
    expect(page.locator(CARDS)).to_have_count(1)
    page.goto(f"{live_server.url}/accounts/logout/")
    page.get_by_role("button", name="Sign Out").click()
    page.wait_for_url("**/me/")
    expect(page.locator(CARDS)).to_have_count(0)
    expect_state(page, "ready")


def code() -> str:
    """From the last mail."""
    [found] = re.findall(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail.outbox[-1].body, re.M)
    return found
