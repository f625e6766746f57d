"""The numbers on the app's page: right, for those who may see the rows, at the same price."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone

from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    RemoteDeletion,
    WebhookEvent,
)
from tests.databases import AVAILABLE

from .conftest import BASE
from .test_lists import fill

EVERYWHERE = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
LISTS = {
    "avaturnprofile": "Avaturn profiles",
    "avatar": "Avatars",
    "avatarfile": "Storage",
    "webhookevent": "Webhook events",
    "remotedeletion": "Remote deletions",
    "filedeletion": "File deletions",
}


def numbers(client, path=BASE) -> dict[str, dict[str, str]]:
    """What the page tells: the figures of each list."""
    return {
        str(tile.name): {str(figure.name): figure.shown for figure in tile.figures}
        for tile in client.get(path).context["tiles"]
    }


@EVERYWHERE
def test_numbers(any_database, client):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    for number in range(4):
        fill(number, visitor=number == 3)
    now = timezone.now()
    Avatar.objects.filter(avaturn_id="REMOTE0").update(status="failed")
    Avatar.objects.filter(avaturn_id="REMOTE1").update(status="ready", gone_at=now)
    Avatar.objects.filter(avaturn_id="REMOTE2").update(gone_at=now)
    AvaturnProfile.objects.filter(avaturn_id="REMOTE2").update(avaturn_id=None)
    AvatarFile.objects.filter(file="m1.glb").update(state="failed", size=None)
    soon = {"claimed_until": now + timedelta(minutes=9)}
    RemoteDeletion.objects.filter(avaturn_id="GONE0").update(due_at=now)
    RemoteDeletion.objects.filter(avaturn_id="GONE1").update(due_at=now, **soon)
    RemoteDeletion.objects.filter(avaturn_id="GONE2").update(state="ready")
    WebhookEvent.objects.filter(digest="3").update(state="failed")
    assert numbers(client) == {
        "Avaturn profiles": {"in all": "4", "of visitors": "1", "with a user at Avaturn": "3"},
        "Avatars": {"in all": "4", "in the making": "1", "failed": "1", "gone from Avaturn": "2"},
        "Storage": {
            "in all": "7.4\xa0MB", "bytes": "7,800,036", "models": "3", "portraits": "4",
        },
        "Avatar files": {"due": "0", "running": "0", "waiting": "0", "failed": "1"},
        "Remote deletions": {"due": "1", "running": "1", "waiting": "1", "failed": "0"},
        "File deletions": {"due": "0", "running": "0", "waiting": "4", "failed": "0"},
        "Webhook events": {"due": "0", "running": "0", "waiting": "3", "failed": "1"},
    }  # fmt: skip


def test_seven_queries_for_one_row_and_for_many(boss, sandbox, db, django_assert_num_queries):
    for first, last in [(0, 1), (1, 60)]:
        for number in range(first, last):
            fill(number, visitor=number % 2 == 1)
        sandbox.calls.clear()
        with django_assert_num_queries(9):  # session, user, one for each tile
            page = boss.get(BASE)
        assert f'<dd><a href="{BASE}avatar/">{last}</a></dd>' in page.text
        assert not sandbox.calls


def test_what_needs_a_person_stands_out_and_leads_to_the_rows(boss, db):
    fill(0)
    assert "avaturn-alarm" not in boss.get(BASE).text
    FileDeletion.objects.update(state="failed")
    page = boss.get(BASE).text
    assert page.count("avaturn-alarm") == 1
    assert f'<a href="{BASE}filedeletion/?state__exact=failed">1</a>' in page
    found = boss.get(f"{BASE}filedeletion/?state__exact=failed").context["cl"].result_count
    assert found == 1


def test_every_link_leads_to_a_list(boss, db):
    fill(0, visitor=True)
    for kind in (AvatarFile, RemoteDeletion, FileDeletion, WebhookEvent):
        kind.objects.update(state="failed")
    Avatar.objects.update(status="failed")
    links = {
        f"{tile.url}?{figure.query}"
        for tile in boss.get(BASE).context["tiles"]
        for figure in tile.figures
        if figure.query
    }
    assert len(links) == 8
    for link in links:
        of_a_kind = 2 if "avatarfile/?state" in link else 1
        assert boss.get(link).context["cl"].result_count == of_a_kind, link


@pytest.mark.parametrize("model", LISTS)
def test_who_may_view_one_list_is_told_nothing_of_the_others(staff, db, model):
    fill(0)
    client = staff(f"view_{model}")
    names = {LISTS[model], "Avatar files"} if model == "avatarfile" else {LISTS[model]}
    assert set(numbers(client)) == names


def test_who_may_only_delete_is_told_nothing(staff, db):
    """Django shows the app, since there is something to do in it, but no list of rows."""
    fill(0)
    client = staff("delete_avatar")
    page = client.get(BASE)
    assert page.status_code == 200
    assert "avaturn-tile" not in page.text


@pytest.mark.parametrize("permissions", [(), ("view_user",)])
def test_who_may_see_nothing_does_not_even_see_the_page(staff, db, permissions):
    fill(0)
    assert staff(*permissions).get(BASE).status_code == 404


def test_numbers_can_be_put_on_another_page_of_the_admin(boss, db, settings, tmp_path):
    fill(0)
    assert "avaturn-tile" not in boss.get("/admin/").text
    (tmp_path / "admin").mkdir()
    source = """{% extends "admin/base_site.html" %}{% load avaturn_admin %}
        {% block content %}{% avaturn_dashboard %}{% endblock %}"""
    (tmp_path / "admin" / "index.html").write_text(source)
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]
    page = boss.get("/admin/").text
    assert page.count("avaturn-tile") == 7
    assert 'href="/static/django_avaturn/admin.css"' in page


@pytest.mark.urls("tests.admin.other_site")
def test_another_admin_counts_what_it_lists_itself(boss, db):
    fill(0)
    mine = AvaturnProfile.objects.create(user=get_user_model().objects.get(username="boss"))
    Avatar.objects.create(profile=mine)
    assert {name: found["in all"] for name, found in numbers(boss, "/other/django_avaturn/").items()
            } == {"Avatars": "1"}  # fmt: skip
    assert numbers(boss)["Avatars"]["in all"] == "2"


@pytest.mark.urls("tests.admin.short_site")
def test_an_admin_without_the_list_counts_and_links_nowhere(boss, db):
    fill(0)
    page = boss.get("/short/django_avaturn/")
    [tile] = page.context["tiles"]
    assert (tile.figures[0].shown, tile.url) == ("1", "")
    assert page.text.count("avaturn-tile") == 1
    assert "<dd>1</dd>" in page.text
    assert "<dd><a" not in page.text


def test_there_are_no_numbers_outside_of_an_admin(boss, db):
    fill(0)
    source = "{% load avaturn_admin %}[{% avaturn_dashboard %}]"
    request = RequestFactory().get("/")
    request.user = get_user_model().objects.get(username="boss")
    assert Template(source).render(Context()).split() == ["[", "]"]
    assert Template(source).render(RequestContext(request)).split() == ["[", "]"]
