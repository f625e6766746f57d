"""The consent step in the tags: there only where the site asks, the same page for everybody."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from django_avaturn import services

VERSION = '2026 "11"'
EDITOR, DIALOG, PHOTOS = "avaturn_editor", "avaturn_editor dialog=True", "avaturn_photo_form"


@pytest.fixture
def asking(configure, sandbox):
    configure(CONSENT_VERSION=VERSION)


def render(user, tag):
    request = RequestFactory().get("/page/")
    request.user = user
    source = Template(f"{{% load avaturn %}}{{% {tag} %}}")
    return source.render(Context({"request": request}))


@pytest.mark.parametrize("tag", [EDITOR, DIALOG, PHOTOS])
def test_nothing_of_it_where_the_site_does_not_ask(ann, sandbox, tag):
    page = render(ann, tag)
    assert "consent" not in re.sub(r'data-(messages|texts)="[^"]*"', "", page)


@pytest.mark.parametrize("tag", [EDITOR, DIALOG, PHOTOS])
def test_the_page_is_the_same_for_who_has_agreed(ann, asking, tag, django_assert_num_queries):
    """It may come from a cache; the server alone knows."""
    pages = [render(ann, tag)]
    services.record_consent(ann, VERSION)
    with django_assert_num_queries(0):
        pages.append(render(ann, tag))
    first, second = (re.sub(r"avaturn-[0-9a-f]{6}-", "", page) for page in pages)
    assert first == second
    assert "They go to Avaturn" in first
    assert "2026 &quot;11&quot;" in first


@pytest.mark.parametrize("tag", [EDITOR, DIALOG, PHOTOS])
def test_markup_is_strict_and_its_names_are_found(ann, asking, tag):
    page = render(ann, tag) + render(ann, tag)
    assert " style=" not in page
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    named = re.findall(r' aria-(?:labelledby|describedby)="([^"]+)"', page)
    assert named
    assert {name for names in named for name in names.split()} <= set(ids)


def test_a_dialog_has_a_way_out_beside_the_button(ann, asking):
    assert "Not now" in render(ann, DIALOG)
    assert "Not now" not in render(ann, EDITOR)


def test_the_text_says_what_is_true_of_the_plan(ann, asking, configure, sandbox_server):
    assert "deleted here and at Avaturn" in render(ann, EDITOR)
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")
    page = render(ann, EDITOR)
    assert "deleted here and at Avaturn" not in page
    assert "your account there" in page


POLICY = """{% extends "django_avaturn/consent.html" %}
{% block privacy %}<a href="/privacy/">How we treat your data</a>{% endblock %}"""


@pytest.mark.parametrize("tag", [EDITOR, PHOTOS])
@pytest.mark.parametrize(
    ("source", "shown", "ours"),
    [
        (POLICY, '<a href="/privacy/">', True),
        ("Our own words, {{ consent_version }}.", "Our own words, 2026 &quot;11&quot;.", False),
    ],
)
def test_a_site_adds_its_policy_or_writes_its_own_text(
    ann, asking, settings, tmp_path, tag, source, shown, ours
):
    place = tmp_path / "django_avaturn/consent.html"
    place.parent.mkdir()
    place.write_text(source)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = render(ann, tag)
    assert shown in page
    assert ("They go to Avaturn" in page) is ours
