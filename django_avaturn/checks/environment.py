"""What the tags and their scripts find in the site around them. Told by every check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from ..conf import settings
from .middleware import installed

SDK_FILE = "django_avaturn/vendor/avaturn-sdk.js"

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
REQUEST = "django.template.context_processors.request"
SESSION_LOGIN = "rest_framework.authentication.SessionAuthentication"

BY_HEADER = {
    "rest_framework.authentication.BasicAuthentication",
    "rest_framework.authentication.TokenAuthentication",
    "rest_framework_simplejwt.authentication.JWTAuthentication",
    "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
    "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
    "oauth2_provider.contrib.rest_framework.authentication.OAuth2Authentication",
    "knox.auth.TokenAuthentication",
}
"""Ways to log in that want a header, which no page sends by itself. Others may read a cookie."""


def check_environment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """W004 no SDK, W007 no addresses, W008 middleware, W009 log-in, W010 no request."""
    try:
        return [*_sdk(), *_addresses(), *_middleware(), *_authentication(), *_request()]
    except ImproperlyConfigured:
        return []  # told by check_settings, or by staticfiles itself


def _sdk() -> list[CheckMessage]:
    if settings.SDK_URL or finders.find(SDK_FILE):
        return []
    return [
        Warning(
            f"The Avaturn web SDK ({SDK_FILE}) is not among the static files.",
            hint="Install django-avaturn from a wheel, or run 'pip install -e .' in its checkout, "
            "which fetches the file; or set AVATURN['SDK_URL'] to a copy of your own.",
            id="avaturn.W004",
        )
    ]


def _addresses() -> list[CheckMessage]:
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("avaturn:session-list")
    except NoReverseMatch:
        return [
            Warning(
                "The URLs of django_avaturn are not included: every page with one of its tags "
                "would end in an error, and no webhook could arrive.",
                hint="Add to the URLconf, and not below another namespace:\n"
                '    urlpatterns += [path("avatar/", include("django_avaturn.urls"))]',
                id="avaturn.W007",
            )
        ]
    return []


def _middleware() -> list[CheckMessage]:
    found = []
    if not installed(CSRF):
        found.append(
            _missing(
                CSRF,
                "nobody gets a CSRF token, and so whatever the editor sends is refused with 403",
                f'MIDDLEWARE = [*MIDDLEWARE, "{CSRF}"]',
            )
        )
    if settings.ALLOW_GUESTS and not installed(SESSIONS):
        found.append(
            _missing(
                SESSIONS,
                "visitors are sent away in spite of ALLOW_GUESTS, for their avatars are tied to "
                "the browser's session",
                f'MIDDLEWARE = ["{SESSIONS}", *MIDDLEWARE]',
            )
        )
    return found


def _missing(name: str, consequence: str, line: str) -> CheckMessage:
    return Warning(
        f"MIDDLEWARE has no {name.rpartition('.')[2]}: {consequence}.",
        hint=f"Add it to the settings:\n    {line}",
        id="avaturn.W008",
    )


def _authentication() -> list[CheckMessage]:
    framework = getattr(django_settings, "REST_FRAMEWORK", None) or {}
    classes = framework.get("DEFAULT_AUTHENTICATION_CLASSES")
    if classes is None or not BY_HEADER.issuperset(map(_path, classes)):
        return []
    return [
        Warning(
            "REST_FRAMEWORK does not know who is logged in to the site: the editor would ask its "
            "own users to log in.",
            hint="The editor's requests carry the session's cookie. Let it count:\n"
            '    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = '
            f'["{SESSION_LOGIN}", *REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]]',
            id="avaturn.W009",
        )
    ]


def _path(authentication: Any) -> str:
    """Settings name a class, or have it."""
    if isinstance(authentication, str):
        return authentication
    return f"{authentication.__module__}.{authentication.__qualname__}"


def _request() -> list[CheckMessage]:
    engines: Any = django_settings.TEMPLATES
    named = {
        place: engine.get("OPTIONS", {}).get("context_processors", ())
        for place, engine in enumerate(engines)
        if engine.get("BACKEND", "").endswith(".DjangoTemplates")
    }
    if not named or any(REQUEST in processors for processors in named.values()):
        return []
    return [
        Warning(
            "Templates do not know the request: the tags cannot tell who looks at the page, and "
            "whatever the editor sends is refused with 403.",
            hint="Add its context processor to the settings:\n"
            f'    TEMPLATES[{min(named)}]["OPTIONS"]["context_processors"] += ["{REQUEST}"]',
            id="avaturn.W010",
        )
    ]
