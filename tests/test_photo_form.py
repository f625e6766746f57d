"""``{% avaturn_photo_form %}``: what it renders, what it costs, when it has nothing to offer."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from django_avaturn.services import photos


def render(user=None, tag="avaturn_photo_form", path="/page/", **context):
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    source = f"{{% load avaturn %}}{{% {tag} %}}"
    return Template(source).render(Context({"request": request, **context}))


def test_rendering_asks_nobody(ann, sandbox, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = render(ann)
    assert not sandbox.calls
    assert page.count('<input type="file"') == 3
    assert 'data-url="/avatar/avatars/"' in page
    assert page.count("<template") == 1


def test_it_keeps_a_strict_policy(ann, sandbox):
    page = render(ann)
    assert " style=" not in page
    assert "<style" not in page
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))


def test_class_and_next(ann, sandbox):
    page = render(ann, 'avaturn_photo_form class="mine" next="/me/"')
    assert 'class="avaturn-photos mine"' in page
    assert 'data-next="/me/"' in page
    assert "avaturn-editor mine" not in page


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example/", "https://evil.example"]
)
def test_next_is_on_this_site(ann, sandbox, address):
    page = render(ann, "avaturn_photo_form next=address", address=address)
    assert 'data-next=""' in page


def test_two_forms_have_ids_of_their_own(ann, sandbox):
    page = render(ann) + render(ann)
    ids = re.findall(r' id="([^"]+)"', page)
    assert ids
    assert len(set(ids)) == len(ids)
    for names in re.findall(r' aria-(?:labelledby|describedby)="([^"]+)"', page):
        assert set(names.split()) <= set(ids)


def test_texts_are_translated_by_the_server(ann, sandbox):
    page = render(ann)
    texts = json.loads(re.search(r'data-texts="([^"]+)"', page)[1].replace("&quot;", '"'))
    assert {"missing", "unreadable", "uploading", "handing-over", "processing"} <= texts.keys()
    assert "smaller ones" in texts["too_large"]  # a web server says so in HTML, or not at all
    assert all(texts.values())


def test_strangers_are_asked_to_log_in_and_come_back(sandbox, db):
    page = render(path="/page/?a=b")
    assert "<avaturn-photos" not in page
    assert "next=/page/%3Fa%3Db" in page


def test_visitors_get_the_form_where_the_site_lets_them_in(sandbox, configure, client, db):
    configure(ALLOW_GUESTS=True)
    request = RequestFactory().get("/page/")
    request.user, request.session = AnonymousUser(), client.session
    source = Template("{% load avaturn %}{% avaturn_photo_form %}")
    assert "<avaturn-photos" in source.render(Context({"request": request}))
    assert not request.session.keys()


def test_free_plan_has_no_form(ann, sandbox, configure):
    configure(API_TOKEN="", PROJECT_URL="https://mine.avaturn.dev")
    page = render(ann)
    assert "<avaturn-photos" not in page
    assert "not available" in page


def test_without_pillow_the_developer_is_told(ann, sandbox, monkeypatch):
    monkeypatch.setattr(photos, "Image", None)
    with pytest.raises(ImproperlyConfigured, match=r"django-avaturn\[portraits\]"):
        render(ann)


def test_unknown_arguments(ann, sandbox):
    with pytest.raises(TemplateSyntaxError, match="takes next and class"):
        render(ann, 'avaturn_photo_form size="3"')
