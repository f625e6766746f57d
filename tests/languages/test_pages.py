"""Every page and tag in every language: nothing of ours is left in English."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from django_avaturn.models import Avatar, AvatarFile, FileDeletion, RemoteDeletion, WebhookEvent
from tests import cards

from .catalogues import LANGUAGES
from .leftovers import leftovers

OTHERS = [language for language in LANGUAGES if language != "en"]
STATES = [*cards.AVATARS, *cards.MODELS]
ADMIN = "/admin/django_avaturn/"
TAGS = [
    "avaturn_editor",
    "avaturn_editor dialog=True",
    "avaturn_gallery",
    "avaturn_photo_form",
    "avaturn_portrait user",
    "avaturn_viewer user",
]


@pytest.fixture(params=OTHERS)
def language(request, settings, sandbox):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:1],
        "django.middleware.locale.LocaleMiddleware",
        *settings.MIDDLEWARE[1:],
    ]
    with translation.override("en"):  # the middleware's choice would outlive the test
        yield request.param


@pytest.fixture
def page(client, language):
    """Fetch a page as a browser does that is set to the language."""

    def page(path: str, **data: Any) -> str:
        ask = client.post if data else client.get
        response = ask(path, **data, headers={"accept-language": language})
        assert response.status_code == 200
        return response.text

    return page


def render(tag, user, language):
    request = RequestFactory().get("/page/")
    request.user = user
    source = Template(f"{{% load avaturn %}}{{% {tag} %}}")
    with translation.override(language):
        return source.render(Context({"request": request, "user": user}))


def test_english_is_found_where_it_is_left(ann, sandbox):
    """The check itself, on a page in English."""
    found = leftovers(render("avaturn_editor dialog=True", ann, "en"), "de")
    assert {"Avatar editor", "Close the editor", "Retry"} <= set(found)
    assert "The editor could not be opened. Try again." in found  # said by the script


def test_empty_gallery(page, language, client, ann):
    client.force_login(ann)
    html = page("/avatar/")
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
    assert leftovers(html, language) == []


def test_gallery_in_every_state(page, language, client, ann, configure):
    configure(REQUIRE_FACE_ANIMATIONS=True)
    client.force_login(ann)
    for state in STATES:
        cards.card(ann, state, portrait="ready", gender="female", supports_face_animations=False)
    cards.card(ann, "lost", avaturn_id="")
    cards.activate(Avatar.objects.latest("created_at"))
    html = page("/avatar/")
    assert html.count('<li class="avaturn-card"') == len(STATES) + 1
    assert leftovers(html, language) == []


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("tag", TAGS)
def test_tags(tag, free, language, ann, configure, settings):
    configure(CONSENT_VERSION="1")
    if free:
        settings.AVATURN = {"PROJECT_URL": "https://demo.avaturn.dev", "CONSENT_VERSION": "1"}
    cards.activate(cards.card(ann, "ready", portrait="ready", avaturn_id=""))
    assert leftovers(render(tag, ann, language), language) == []


def test_visitors(page, language, client, configure):
    configure(ALLOW_GUESTS=True)
    assert leftovers(page("/avatar/"), language) == []
    for tag in ("avaturn_gallery", "avaturn_photo_form"):
        configure(ALLOW_GUESTS=False)
        assert leftovers(render(tag, AnonymousUser(), language), language) == []


@pytest.fixture
def rows(ann):
    """A row in each table, and an avatar with its files."""
    avatar = cards.card(ann, "outdated", portrait="ready", gender="male")
    cards.activate(avatar)
    cards.card(ann, "lost", avaturn_id="")
    return {
        "avatar": avatar,
        "avaturnprofile": avatar.profile,
        "avatarfile": AvatarFile.objects.filter(avatar=avatar).first(),
        "filedeletion": FileDeletion.objects.create(name="avaturn/ab/x.glb", state="failed"),
        "remotedeletion": RemoteDeletion.objects.create(avaturn_id="r1", due_at=None),
        "webhookevent": WebhookEvent.objects.create(event="avatar.created", due_at=None),
    }


@pytest.fixture
def boss(client, db):
    client.force_login(get_user_model().objects.create_superuser("boss"))


def test_admin(page, language, boss, rows):
    assert leftovers(page(ADMIN), language) == []
    for model, row in rows.items():
        for path in ("", f"{row.pk}/change/"):
            assert leftovers(page(f"{ADMIN}{model}/{path}"), language) == [], (model, path)
    for model in ("avatar", "avaturnprofile"):
        assert leftovers(page(f"{ADMIN}{model}/{rows[model].pk}/delete/"), language) == []


def test_admin_tells_of_actions(page, language, boss, rows):
    for action in ("make_active", "fetch_again", "new_portrait"):
        ids = [str(pk) for pk in Avatar.objects.values_list("pk", flat=True)]
        data = {"action": action, "_selected_action": ids}
        html = page(f"{ADMIN}avatar/", data=data, follow=True)
        assert "messagelist" in html
        assert leftovers(html, language) == []


REFUSED = [
    ("post", "/avatar/sessions/", {"type": "edit_existing"}),
    ("post", "/avatar/avatars/", {}),
    ("put", "/avatar/avatars/{}/customization/", {"assets": {"hat": 1}, "skin_tone": 99}),
    ("post", "/avatar/avatars/{}/exports/", {"avatarId": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_errors_of_the_rest_api(method, path, body, language, client, ann, make_avatar):
    client.force_login(ann)
    path = path.format(make_avatar(ann).pk)
    ask = getattr(client, method)
    data = {"data": body} if path.endswith("/avatars/") else _json(body)
    answer = ask(path, **data, headers={"accept-language": language}).json()
    with translation.override(language):
        assert answer["detail"] == translation.gettext(
            "Some of the values sent do not fit; see 'errors'."
        )
    assert leftovers(f"<p>{'</p><p>'.join(_sentences(answer))}</p>", language) == []


def _json(body: Any) -> dict[str, Any]:
    return {"data": body, "content_type": "application/json"}


def _sentences(answer: Any) -> list[str]:
    if isinstance(answer, dict):
        return [text for key in answer if key != "code" for text in _sentences(answer[key])]
    if isinstance(answer, list):
        return [text for part in answer for text in _sentences(part)]
    return [str(answer)]


@pytest.mark.parametrize(
    ("language", "size", "date"),
    [
        ("de", "2,3\xa0MB", "5. März 2026"),
        ("fr", "2,3\xa0Mio", "5 mars 2026"),
        ("ru", "2,3\xa0МБ", "5 марта 2026 г."),  # noqa: RUF001
        ("ja", "2.3\xa0MB", "2026年3月5日"),
    ],
)
def test_numbers_and_dates_are_written_the_local_way(language, size, date, ann, sandbox):
    cards.card(ann, "ready")
    for rows, field in ((Avatar, "created_at"), (AvatarFile, "stored_at")):
        rows.objects.update(**{field: "2026-03-05T10:00:00Z"})
    html = render("avaturn_gallery", ann, language)
    assert date in html and size in html
    assert 'data-timeout="25"' in html  # for scripts, numbers stay as they are
