"""``{% avaturn_gallery %}`` and its page: what it shows, without JavaScript."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from django.utils import timezone

from django_avaturn.gallery import PER_PAGE, STATES, Card
from tests import cards

TAG = Template("{% load avaturn %}{% avaturn_gallery %}")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("count", [1, PER_PAGE])
def test_query_count_is_the_same_for_any_number(
    as_ann, ann, bob, sandbox, django_assert_num_queries, count
):
    for _ in range(count):
        cards.card(ann, portrait="pending")
    cards.card(bob)
    with django_assert_num_queries(5):  # session, user, count, avatars, files
        page = as_ann.get(cards.PAGE).text
    assert len(cards.ids(page)) == count
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
    for response in (client.get(cards.PAGE), client.post(cards.PAGE, {"action": "delete"})):
        assert (response.status_code, response.url) == (302, "/accounts/login/?next=/avatar/")


def test_no_cache_keeps_the_page(as_ann, ann, settings):
    settings.CSRF_USE_SESSIONS = True  # no cookie then, which caches would heed as well
    assert "no-store" in as_ann.get(cards.PAGE)["Cache-Control"]


def test_empty(as_ann, ann):
    page = as_ann.get(cards.PAGE).text
    assert "No avatar yet" in page
    assert page.count("<avaturn-editor") == 1
    assert 'data-type="create"' in page


def test_only_own_avatars_newest_first(as_ann, ann, bob):
    cards.card(bob)
    now = timezone.now()
    old = cards.card(ann, created_at=now.replace(year=2020))
    new = cards.card(ann, created_at=now)
    assert cards.ids(as_ann.get(cards.PAGE).text) == [str(new.pk), str(old.pk)]


def test_card_of_an_active_avatar_with_files(as_ann, ann):
    avatar = cards.activate(cards.card(ann, portrait="ready", gender="female"))
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    portrait, model = avatar.portrait, avatar.model
    large, small = portrait.file.url, portrait.thumbnail.url
    assert f'<img src="{large}" srcset="{small} 128w, {large} 512w"' in page
    assert 'width="512" height="512"' in page and 'loading="lazy"' in page
    assert f'href="{model.file.url}" download="avatar-{avatar.pk.hex[-4:]}.glb"' in page
    assert "2.3\xa0MB" in page and "Female" in page and ">Active<" in page
    assert f'data-type="edit_existing" data-avatar="{avatar.pk}"' in page
    assert cards.buttons(page) == {"delete"}
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
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    badge, note = STATES[state]
    assert f'data-state="{state}"' in page
    assert f">{badge}<" in page and str(note) in page
    assert cards.buttons(page) == OFFERED[state]
    assert (f'data-avatar="{avatar.pk}"' in page) == (state not in cards.AVATARS)
    assert ("download=" in page) == (state in ("renewing", "outdated", "ready"))
    moving = state in ("processing", "coming", "renewing")
    assert ('role="progressbar"' in page) == moving
    followed = moving or state == "waiting"
    assert (f'pending="/avatar/avatars/{avatar.pk}/"' in page) == followed
    assert f'data-status="{avatar.status}"' in page
    assert "<img" not in page and "<svg" in page


def test_a_status_nobody_has_heard_of(as_ann, ann):
    avatar = cards.card(ann, status="dreaming")
    assert Card(avatar).state == "processing"
    assert as_ann.get(cards.PAGE).status_code == 200


def test_gone_with_its_files_can_still_be_shown(as_ann, ann):
    avatar = cards.card(ann, gone_at=timezone.now())
    assert cards.buttons(cards.part(as_ann.get(cards.PAGE).text, avatar)) == {"activate", "delete"}


@pytest.mark.parametrize(("animated", "face"), [(True, "Animated (T2)"), (False, "Still (T1)")])
@pytest.mark.parametrize("required", [True, False])
def test_face(as_ann, ann, configure, animated, face, required):
    configure(REQUIRE_FACE_ANIMATIONS=required)
    avatar = cards.card(ann, supports_face_animations=animated)
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert f"<dt>Face</dt><dd>{face}</dd>" in page
    assert ("wants avatars with an animated face" in page) == (required and not animated)


def test_no_face_known_yet(as_ann, ann, configure):
    configure(REQUIRE_FACE_ANIMATIONS=True)
    avatar = cards.card(ann, "processing")
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert "Face" not in page and "animated" not in page


def test_the_script_follows_what_is_on_its_way(as_ann, ann):
    cards.card(ann)
    cards.card(ann, "failed")
    cards.card(ann, "processing", gone_at=timezone.now())
    expected = {cards.card(ann, state).pk for state in ("coming", "waiting", "processing")}
    expected.add(cards.card(ann, portrait="pending").pk)
    page = as_ann.get(cards.PAGE).text
    lists = re.findall(r'<avaturn-files[^>]*data-pending="([^"]+)"', page)
    assert [{uuid.UUID(pk) for pk in pks.split()} for pks in lists] == [expected]


def test_nothing_inline_and_every_form_has_a_token(as_ann, ann):
    cards.card(ann, portrait="ready")
    page = as_ann.get(cards.PAGE).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", page)
    assert page.count("<form") == page.count('name="csrfmiddlewaretoken"') == 1


def test_pages(as_ann, ann):
    made = [cards.card(ann, "missing").pk for _ in range(PER_PAGE + 2)]
    first = as_ann.get(cards.PAGE, {"tab": "x"}).text
    assert f"{PER_PAGE + 2} avatars" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert older == "?tab=x&page=2"
    second = as_ann.get(cards.PAGE + older).text
    assert 'rel="next"' not in second and 'rel="prev"' in second
    assert (len(cards.ids(first)), len(cards.ids(second))) == (PER_PAGE, 2)
    assert set(cards.ids(first) + cards.ids(second)) == {str(pk) for pk in made}
    assert 'name="next" value="/avatar/?tab=x&amp;page=2"' in second
    assert cards.ids(as_ann.get(cards.PAGE, {"page": "99"}).text) == cards.ids(second)
    assert cards.ids(as_ann.get(cards.PAGE, {"page": "x"}).text) == cards.ids(first)


def test_one_page_has_no_links_to_others(as_ann, ann):
    cards.card(ann)
    assert "avaturn-pages" not in as_ann.get(cards.PAGE).text


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
    page = as_ann.get(cards.PAGE).text
    assert page.startswith("My avatars here")
    assert f"<b>my {avatar.pk} ready</b>" in cards.part(page, avatar)
    assert "<form" not in page and "Avatar " in page
