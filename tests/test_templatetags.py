"""The editor tag: no query, no call, nothing secret, and clear words for mistakes."""

from __future__ import annotations

import json
import re
from html import unescape
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from django_avaturn.models import Avatar
from tests.conftest import TOKEN


def render(arguments="", **context):
    return Template(f"{{% load avaturn %}}{{% avaturn_editor {arguments} %}}").render(
        Context(context)
    )


def attribute(html, name):
    return re.search(rf'data-{name}="([^"]*)"', html)[1]


def test_page_costs_no_query_and_no_call(as_ann, sandbox, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = as_ann.get("/page/")
    assert page.status_code == 200
    assert not sandbox.calls
    assert TOKEN not in page.text
    assert attribute(page.text, "csrf-token") == ""  # the page's script reads the cookie


def test_markup_has_no_inline_script_or_style():
    html = render()
    assert "<script>" not in html
    assert "style=" not in html
    assert re.findall(r"<script[^>]*>", html) == [
        f'<script type="module" src="/static/django_avaturn/{name}.js">'
        for name in ("editor", "files")
    ]
    assert not re.search(r"\son\w+=", html)


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ("", {}),
        ("type='create'", {"type": "create"}),
        (f"avatar='{UUID(int=7)}'", {"type": "edit_existing", "avatar_id": str(UUID(int=7))}),
    ],
)
def test_nonce_brings_a_script_that_asks_for_what_the_element_would(arguments, body):
    html = render(f"{arguments} nonce=csp_nonce", csp_nonce="n0nce")
    scripts = re.findall(r"<script[^>]*>", html)
    assert len(scripts) == 3
    assert all(' nonce="n0nce"' in script for script in scripts)
    assert json.loads(unescape(attribute(scripts[0], "body"))) == body
    assert attribute(scripts[0], "avaturn-early") == attribute(html, "early") != ""


@pytest.mark.parametrize(
    "arguments", ["dialog=True nonce='n0nce'", "start_over=True nonce='n0nce'", "nonce=missing", ""]
)
def test_nothing_is_asked_for_early_unless_it_is_wanted_and_harmless(arguments):
    html = render(arguments)
    assert html.count("<script") == 2
    assert attribute(html, "early") == ""


def test_who_always_starts_over_does_not_before_the_editor_is_seen(configure):
    configure(ALWAYS_START_OVER=True)
    assert attribute(render("nonce='n0nce'"), "early") == ""


def test_htmx_keeps_no_copy_of_a_page_with_a_link_for_one_visit():
    assert attribute(render(), "hx-history") == "false"


def test_addresses():
    html = render()
    assert attribute(html, "sessions-url") == "/avatar/sessions/"
    assert attribute(html, "avatars-url") == "/avatar/avatars/"
    assert attribute(html, "sdk-url") == "/static/django_avaturn/vendor/avaturn-sdk.js"


def test_sdk_url_overrides(settings):
    settings.AVATURN = {"SDK_URL": "https://cdn.example/sdk.js"}
    assert attribute(render(), "sdk-url") == "https://cdn.example/sdk.js"


@pytest.mark.parametrize(
    ("arguments", "type"),
    [("", ""), ('type="create"', "create"), ("avatar=avatar", "edit_existing")],
)
def test_type(arguments, type):
    avatar = Avatar()
    html = render(arguments, avatar=avatar)
    assert attribute(html, "type") == type
    assert attribute(html, "avatar") == (str(avatar.pk) if "avatar" in arguments else "")


IDS = ["018ee7a6-7b80-7c07-a9fa-d0a07bd40001", "018ee7a6-7b80-7c07-a9fa-d0a07bd40002"]


@pytest.mark.parametrize("given", [IDS, [UUID(one) for one in IDS], ",".join(IDS), ", ".join(IDS)])
def test_default_assets(given):
    html = render("default_assets=given", given=given)
    assert attribute(html, "default-assets") == " ".join(IDS)
    assert "data-override-saved" not in html
    html = render("default_assets=given override_saved=True", given=given)
    assert "data-override-saved" in html


@pytest.mark.parametrize("given", [[], "", None])
def test_no_default_assets(given):
    assert "data-default-assets" not in render("default_assets=given", given=given)


@pytest.mark.parametrize("flag", ["start-over", "disable-ui"])
def test_flags(flag):
    assert f"data-{flag}" in render(f"{flag.replace('-', '_')}=True")
    assert f"data-{flag}" not in render()


@pytest.mark.parametrize(("arguments", "expected"), [("", True), ('avatar="x"', False)])
def test_site_where_everyone_starts_over(settings, arguments, expected):
    """But not for an avatar that is edited."""
    settings.AVATURN = {"API_TOKEN": TOKEN, "ALWAYS_START_OVER": True}
    assert ("data-start-over" in render(arguments)) == expected


def test_plan_without_api(settings):
    """The page sends the model, and the editor keeps its own controls."""
    assert "data-upload" not in render()
    project = {"PROJECT_URL": "https://mine.avaturn.dev", "MAX_MODEL_BYTES": 20_000_000}
    settings.AVATURN = project
    html = render("disable_ui=True")
    assert attribute(html, "upload") == "20000000"
    assert "data-disable-ui" not in html
    settings.AVATURN = {**project, "API_TOKEN": TOKEN}
    assert "data-upload" not in render()


def test_dialog_and_label_and_class():
    html = render('dialog=True label=label class="wide"', label="Change <me>")
    assert "<dialog" in html
    assert "Change &lt;me&gt;</button>" in html
    assert 'class="avaturn-editor wide"' in html
    assert "<dialog" not in render()


def test_texts_come_translated_from_the_server():
    texts = json.loads(
        attribute(render(), "messages").replace("&quot;", '"').replace("&#x27;", "'")
    )
    assert texts["opening"]
    assert all(texts.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('type="edit"', "type must be one of"),
        ('type="edit_existing"', "needs an avatar"),
        ('type="create" avatar="x"', "or with no type at all"),
        ('colour="red"', "colour"),
        ('start_over=True avatar="x"', "start_over"),
        ('start_over=True type="edit_existing" avatar="x"', "start_over"),
        ("override_saved=True", "needs default_assets"),
        ("default_assets=7", "list of asset ids"),
    ],
)
def test_mistakes_are_told(arguments, words):
    with pytest.raises(TemplateSyntaxError, match=words):
        render(arguments)


def test_missing_include_is_told(settings):
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    with pytest.raises(ImproperlyConfigured, match=r"include\('django_avaturn.urls'\)"):
        render()


def test_csrf_token_is_in_the_page_only_where_the_cookie_cannot_be_read(settings, db):
    request = RequestFactory().get("/")
    assert attribute(render(request=request), "csrf-token") == ""
    assert attribute(render(request=request), "csrf-header") == "X-CSRFTOKEN"
    settings.CSRF_COOKIE_HTTPONLY = True
    assert attribute(render(request=request), "csrf-token")


def test_a_viewer_is_revealed_in_one_of_two_ways(ann):
    template = Template('{% load avaturn %}{% avaturn_viewer user reveal="hover" %}')
    with pytest.raises(TemplateSyntaxError, match="'visible' or 'click'"):
        template.render(Context({"user": ann}))
