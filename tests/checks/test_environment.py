"""What the tags need around them: static files, addresses, middleware, log-in, the request."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as site
from django.core.checks import Warning
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication, TokenAuthentication

from tests.checks.sites import CLEAN, TOKEN, findings, ids, lines, mended

SESSION = "rest_framework.authentication.SessionAuthentication"
REQUEST = "django.template.context_processors.request"
FIND = "django_avaturn.checks.environment.finders.find"


def test_w004_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FIND, lambda path: None)
    [message] = findings(AVATURN={"API_TOKEN": TOKEN})
    assert (type(message), message.id) == (Warning, "avaturn.W004")


def test_the_sdk_is_found_by_staticfiles(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for = []
    monkeypatch.setattr(FIND, lambda path: looked_for.append(path) or "/found.js")
    assert findings(AVATURN={"API_TOKEN": TOKEN}) == []
    assert looked_for == ["django_avaturn/vendor/avaturn-sdk.js"]


def test_w007_urls_are_not_included(urlconf: ModuleType) -> None:
    [message] = findings(AVATURN=CLEAN, ROOT_URLCONF="site_urls")
    assert (type(message), message.id) == (Warning, "avaturn.W007")
    exec(lines(message), vars(urlconf) | {"path": path, "include": include})
    assert findings(AVATURN=CLEAN, ROOT_URLCONF="site_urls") == []


@pytest.mark.parametrize(
    ("included", "told"),
    [
        (include("django_avaturn.urls", namespace="faces"), []),
        (include(("django_avaturn.urls", "faces")), []),
        (include(([path("", include("django_avaturn.urls"))], "shop")), ["avaturn.W007"]),
    ],
)
def test_w007_namespaces(urlconf: ModuleType, included: Any, told: list[str]) -> None:
    urlconf.urlpatterns = [path("avatar/", included)]
    assert ids(AVATURN=CLEAN, ROOT_URLCONF="site_urls") == told


def test_a_site_without_urls(settings: Any) -> None:
    del settings.ROOT_URLCONF
    assert findings(AVATURN=CLEAN) == []


def without(name: str) -> list[str]:
    return [path for path in site.MIDDLEWARE if not path.endswith(name)]


@pytest.mark.parametrize(
    ("missing", "guests", "told"),
    [
        ("CsrfViewMiddleware", False, ["avaturn.W008"]),
        ("SessionMiddleware", True, ["avaturn.W008"]),
        ("SessionMiddleware", False, []),
        ("Middleware", True, ["avaturn.W008"] * 2),
        ("nothing", True, []),
    ],
)
def test_w008_middleware(missing: str, guests: bool, told: list[str]) -> None:
    settings = {"AVATURN": {**CLEAN, "ALLOW_GUESTS": guests}, "MIDDLEWARE": without(missing)}
    found = findings(**settings)
    assert [message.id for message in found] == told
    for message in found:
        settings = mended(message, settings)
    assert findings(**settings) == []


class Own(SessionAuthentication):
    """What a site makes of it."""


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ([], ["avaturn.W009"]),
        (["rest_framework.authentication.TokenAuthentication"], ["avaturn.W009"]),
        ([TokenAuthentication], ["avaturn.W009"]),
        (["rest_framework_simplejwt.authentication.JWTAuthentication"], ["avaturn.W009"]),
        (["rest_framework.authentication.TokenAuthentication", SESSION], []),
        ([Own], []),
        (["dj_rest_auth.jwt_auth.JWTCookieAuthentication"], []),
        (None, []),
    ],
)
def test_w009_authentication(classes: Any, told: list[str]) -> None:
    framework = {} if classes is None else {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    settings = {"AVATURN": CLEAN, "REST_FRAMEWORK": framework}
    found = findings(**settings)
    assert [message.id for message in found] == told
    for message in found:
        assert findings(**mended(message, settings)) == []


@pytest.mark.parametrize(
    ("processors", "told"),
    [
        (["django.contrib.auth.context_processors.auth"], ["avaturn.W010"]),
        ([], ["avaturn.W010"]),
        ([REQUEST], []),
    ],
)
def test_w010_request(processors: list[str], told: list[str]) -> None:
    engine = {**site.TEMPLATES[0], "OPTIONS": {"context_processors": processors}}
    jinja = {"BACKEND": "django.template.backends.jinja2.Jinja2"}
    settings = {"AVATURN": CLEAN, "TEMPLATES": [jinja, engine]}
    found = findings(**settings)
    assert [message.id for message in found] == told
    for message in found:
        assert findings(**mended(message, settings)) == []
