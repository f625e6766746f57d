"""``{% avaturn_gallery %}`` and its page, without JavaScript."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from django_avaturn.client import AvaturnClient
from django_avaturn.gallery import PER_PAGE, STATES, Card
from django_avaturn.models import Avatar, AvatarFile, RemoteDeletion
from tests import cards

PAGE = "/avatar/"
TAG = Template("{% load avaturn %}{% avaturn_gallery %}")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def ids(page: str) -> list[str]:
    """Of the cards, in order."""
    return re.findall(r'<li class="avaturn-card" id="avaturn-([^"]+)"', page)


def part(page: str, avatar: Avatar) -> str:
    """The HTML of one card."""
    return page.partition(f'id="avaturn-{avatar.pk}"')[2].partition("</li>")[0]


def buttons(page: str) -> set[str]:
    """What the forms of some HTML offer."""
    return set(re.findall(r'name="action" value="(\w+)"', page))


def post(client, avatar, action, **data):
    data = {"avatar": getattr(avatar, "pk", avatar), "action": action, "next": PAGE, **data}
    return client.post(PAGE, data)


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def activate(avatar: Avatar) -> Avatar:
    avatar.profile.active_avatar = avatar
    avatar.profile.save()
    return avatar


@pytest.mark.parametrize("count", [1, PER_PAGE])
def test_query_count_is_the_same_for_any_number(
    as_ann, ann, bob, sandbox, django_assert_num_queries, count
):
    for _ in range(count):
        cards.card(ann, portrait="pending")
    cards.card(bob)
    with django_assert_num_queries(5):  # session, user, count, avatars, files
        page = as_ann.get(PAGE).text
    assert len(ids(page)) == count
    assert not sandbox.calls


def test_nobody_logged_in_costs_no_query(rf):  # the test may not use the database
    request = rf.get("/some/page/", {"a": "b&c"})
    request.user = AnonymousUser()
    html = TAG.render(Context({"request": request}))
    assert 'href="/accounts/login/?next=/some/page/%3Fa%3Db%2526c"' in html
    assert "<avaturn-gallery" not in html and "<script" not in html


def test_tag_without_the_request_says_what_to_do():
    with pytest.raises(ImproperlyConfigured, match=r"context_processors\.request"):
        TAG.render(Context())


def test_page_needs_a_login(client):
    for response in (client.get(PAGE), client.post(PAGE, {"action": "delete"})):
        assert (response.status_code, response.url) == (302, "/accounts/login/?next=/avatar/")


def test_empty(as_ann, ann):
    page = as_ann.get(PAGE).text
    assert "No avatar yet" in page
    assert page.count("<avaturn-editor") == 1
    assert 'data-type="create"' in page


def test_only_own_avatars_newest_first(as_ann, ann, bob):
    cards.card(bob)
    now = timezone.now()
    old = cards.card(ann, created_at=now.replace(year=2020))
    new = cards.card(ann, created_at=now)
    assert ids(as_ann.get(PAGE).text) == [str(new.pk), str(old.pk)]


def test_card_of_an_active_avatar_with_files(as_ann, ann):
    avatar = activate(cards.card(ann, portrait="ready", gender="female"))
    page = part(as_ann.get(PAGE).text, avatar)
    portrait, model = avatar.portrait, avatar.model
    large, small = portrait.file.url, portrait.thumbnail.url
    assert f'<img src="{large}" srcset="{small} 128w, {large} 512w"' in page
    assert 'width="512" height="512"' in page and 'loading="lazy"' in page
    assert f'href="{model.file.url}" download="avatar-{avatar.pk.hex[-4:]}.glb"' in page
    assert "2.3\xa0MB" in page and "Female" in page and ">Active<" in page
    assert f'data-type="edit_existing" data-avatar="{avatar.pk}"' in page
    assert buttons(page) == {"delete"}
    assert "data-avaturn-pending" not in page


OFFERED = {
    "gone": {"delete"},
    "failed": {"delete"},
    "waiting": {"delete"},
    "processing": {"delete"},
    "missing": {"activate", "fetch", "delete"},
    "coming": {"activate", "delete"},
    "renewing": {"activate", "delete"},
    "lost": {"activate", "fetch", "delete"},
    "outdated": {"activate", "fetch", "delete"},
    "ready": {"activate", "delete"},
}


@pytest.mark.parametrize("state", STATES)
def test_states(as_ann, ann, state):
    avatar = cards.card(ann, state)
    page = part(as_ann.get(PAGE).text, avatar)
    badge, note = STATES[state]
    assert f'data-state="{state}"' in page
    assert f">{badge}<" in page and str(note) in page
    assert buttons(page) == OFFERED[state]
    assert (f'data-avatar="{avatar.pk}"' in page) == (state not in cards.AVATARS)
    assert ("download=" in page) == (state in ("renewing", "outdated", "ready"))
    assert (f'pending="/avatar/avatars/{avatar.pk}/"' in page) == (state in ("coming", "renewing"))
    assert "<img" not in page and "<svg" in page


def test_a_status_nobody_has_heard_of(as_ann, ann):
    avatar = cards.card(ann, status="dreaming")
    assert Card(avatar).state == "processing"
    assert as_ann.get(PAGE).status_code == 200


def test_gone_with_its_files_can_still_be_shown(as_ann, ann):
    avatar = cards.card(ann, gone_at=timezone.now())
    assert buttons(part(as_ann.get(PAGE).text, avatar)) == {"activate", "delete"}


def test_the_script_follows_what_is_on_its_way(as_ann, ann):
    cards.card(ann)
    expected = {cards.card(ann, "coming").pk, cards.card(ann, portrait="pending").pk}
    page = as_ann.get(PAGE).text
    lists = re.findall(r'<avaturn-files[^>]*data-pending="([^"]+)"', page)
    assert [{uuid.UUID(pk) for pk in pks.split()} for pks in lists] == [expected]


def test_nothing_inline_and_every_form_has_a_token(as_ann, ann):
    cards.card(ann, portrait="ready")
    page = as_ann.get(PAGE).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", page)
    assert page.count("<form") == page.count('name="csrfmiddlewaretoken"') == 1


def test_pages(as_ann, ann):
    made = [cards.card(ann, "missing").pk for _ in range(PER_PAGE + 2)]
    first = as_ann.get(PAGE, {"tab": "x"}).text
    assert f"{PER_PAGE + 2} avatars" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert older == "?tab=x&page=2"
    second = as_ann.get(PAGE + older).text
    assert 'rel="next"' not in second and 'rel="prev"' in second
    assert (len(ids(first)), len(ids(second))) == (PER_PAGE, 2)
    assert set(ids(first) + ids(second)) == {str(pk) for pk in made}
    assert 'name="next" value="/avatar/?tab=x&amp;page=2"' in second
    assert ids(as_ann.get(PAGE, {"page": "99"}).text) == ids(second)
    assert ids(as_ann.get(PAGE, {"page": "x"}).text) == ids(first)


def test_one_page_has_no_links_to_others(as_ann, ann):
    cards.card(ann)
    assert "avaturn-pages" not in as_ann.get(PAGE).text


def test_make_active(as_ann, ann):
    activate(cards.card(ann))
    other = cards.card(ann)
    response = post(as_ann, other, "activate", next="/avatar/?page=1")
    assert (response.status_code, response.url) == (302, "/avatar/?page=1")
    assert Avatar.objects.get(pk=other.pk).active
    page = as_ann.get(response.url).text
    assert ">This is your active avatar now.<" in page
    assert ">Active<" in part(page, other) and page.count(">Active<") == 1
    assert ">This is your active avatar now.<" not in as_ann.get(response.url).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
def test_delete_here_and_at_avaturn(as_ann, ann, make_avatar, sandbox, monkeypatch, atomic):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    avatar, other = make_avatar(ann), make_avatar(ann)
    open_transactions = []
    ask = AvaturnClient.delete_avatar

    def watch(self, *args):
        open_transactions.append(transaction.get_connection().in_atomic_block)
        return ask(self, *args)

    monkeypatch.setattr(AvaturnClient, "delete_avatar", watch)
    response = post(as_ann, avatar, "delete")
    assert (response.status_code, response.url) == (302, PAGE)
    assert told(response) == ["The avatar is deleted."]
    assert open_transactions == [False]
    assert list(Avatar.objects.all()) == [other]
    assert list(sandbox.users[other.profile.avaturn_id].avatars) == [str(other.pk)]
    assert RemoteDeletion.objects.exclude(done_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_delete_while_avaturn_is_down(as_ann, ann, make_avatar, configure):
    avatar = make_avatar(ann)
    configure(API_URL="http://127.0.0.1:9", MAX_RETRIES=0)
    assert post(as_ann, avatar, "delete").status_code == 302
    assert not Avatar.objects.exists()
    assert RemoteDeletion.objects.get().done_at is None


@pytest.mark.django_db(transaction=True)
def test_fetch(as_ann, ann, make_avatar, sandbox):
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    Avatar.objects.update(status="ready")
    response = post(as_ann, avatar, "fetch")
    assert told(response) == ["The model has been requested."]
    assert AvatarFile.objects.filter(avatar=avatar, kind="model").count() == 1
    assert sandbox.count("createExport") == 1


@pytest.mark.parametrize(
    ("state", "action"),
    [("coming", "fetch"), ("ready", "fetch"), ("processing", "activate"), ("gone", "fetch")],
)
def test_what_no_longer_makes_sense_is_not_done(as_ann, ann, sandbox, state, action):
    avatar = cards.card(ann, state)
    before = AvatarFile.objects.values().first()
    response = post(as_ann, avatar, action)
    assert response.status_code == 302
    assert "not possible any more" in told(response)[0]
    assert AvatarFile.objects.values().first() == before
    assert not Avatar.objects.get(pk=avatar.pk).active
    assert not sandbox.calls


@pytest.mark.parametrize("action", ["activate", "fetch", "delete"])
def test_avatar_of_somebody_else(as_ann, bob, action):
    avatar = cards.card(bob, "lost")
    assert post(as_ann, avatar, action).status_code == 404
    avatar = Avatar.objects.get()
    assert not avatar.active and avatar.model.state == "failed"


@pytest.mark.parametrize("pk", ["", "7", "no uuid", uuid.uuid4()])
def test_unknown_avatar(as_ann, ann, pk):
    cards.card(ann)
    assert post(as_ann, pk, "delete").status_code == 404
    assert Avatar.objects.count() == 1


@pytest.mark.parametrize("action", ["", "erase", "can_delete"])
def test_unknown_action(as_ann, ann, action):
    assert post(as_ann, cards.card(ann), action).status_code == 400


def test_other_methods(as_ann):
    assert as_ann.put(PAGE).status_code == 405
    assert as_ann.head(PAGE).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "",
    ],
)
def test_no_open_redirect(as_ann, ann, url):
    assert post(as_ann, cards.card(ann), "activate", next=url).url == PAGE


def test_no_way_from_https_to_http(as_ann, ann):
    data = {"avatar": cards.card(ann).pk, "action": "activate", "next": "http://testserver/x"}
    assert as_ann.post(PAGE, data, secure=True).url == PAGE
    assert as_ann.post(PAGE, {**data, "action": "delete"}).url == "http://testserver/x"


@pytest.mark.parametrize("middleware", [True, False])
def test_csrf(ann, settings, middleware):
    if not middleware:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    avatar = cards.card(ann)
    assert post(client, avatar, "delete").status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(PAGE).text)[1]
    assert post(client, avatar, "delete", csrfmiddlewaretoken=token).status_code == 302
    assert not Avatar.objects.exists()


def test_behind_login_required_middleware(as_ann, ann, client, settings):
    login_required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, login_required]
    assert client.get(PAGE).url == "/accounts/login/?next=/avatar/"
    assert post(as_ann, cards.card(ann), "activate").url == PAGE


def test_without_the_messages_framework(as_ann, ann, settings):
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if "messages" not in name]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "messages" not in name]
    avatar = cards.card(ann)
    assert post(as_ann, avatar, "activate").url == PAGE
    assert Avatar.objects.get().active


def test_answer_to_the_script(as_ann, ann):
    as_json = {"headers": {"accept": "application/json"}}
    data = {"avatar": cards.card(ann).pk, "action": "activate"}
    done = as_ann.post(PAGE, data, **as_json)
    assert (done.status_code, done.json()) == (200, {"detail": "This is your active avatar now."})
    again = as_ann.post(PAGE, data, **as_json)
    assert again.status_code == 409
    assert "not possible" in again.json()["detail"]
    assert told(done) == told(again) == []


def test_templates_can_be_overridden_one_by_one(as_ann, ann, settings, tmp_path):
    avatar = cards.card(ann)
    own = {
        "base.html": "{% block title %}{% endblock %} here{% block content %}{% endblock %}",
        "gallery_facts.html": "<b>my {{ avatar.pk }} {{ card.state }}</b>",
        "gallery_actions.html": "",
    }
    folder = tmp_path / "django_avaturn"
    folder.mkdir()
    for name, text in own.items():
        (folder / name).write_text(text)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = as_ann.get(PAGE).text
    assert page.startswith("My avatars here")
    assert f"<b>my {avatar.pk} ready</b>" in part(page, avatar)
    assert "<form" not in page and "Avatar " in page
