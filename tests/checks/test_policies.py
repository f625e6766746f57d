"""What browsers are told to refuse: found in the settings, and mended by the hint's lines."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as plain
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

from django_avaturn.decorators import allow_popups
from tests.checks.sites import FOUND_SDK, SOUND, findings, ids, mended

DJANGO = "django.middleware.csp.ContentSecurityPolicyMiddleware"
CSP = "csp.middleware.CSPMiddleware"
PERMISSIONS = "django_permissions_policy.PermissionsPolicyMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"

EDITOR, VIEWER = "avaturn.W016", "avaturn.W017"
BOTH = [EDITOR, VIEWER]
OWN = ["'self'"]
ANY = "https://*.avaturn.dev"
HASH = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
FREE = {**FOUND_SDK, "PROJECT_URL": "https://plaza.avaturn.dev/iframe"}
SANDBOX = {**SOUND["AVATURN"], "API_URL": "http://127.0.0.1:9100"}
STORAGE = {"BACKEND": "tests.admin.storages.Signed"}

GOOD = {
    "default-src": ["'none'"],
    "script-src": [*OWN, "'wasm-unsafe-eval'"],
    "style-src": [*OWN, HASH],
    "img-src": OWN,
    "connect-src": [*OWN, "blob:"],
    "frame-src": [ANY],
}
"""What the README says, and what browsers are tested with."""


def site(middleware: str, **settings: Any) -> dict[str, Any]:
    return {**SOUND, "MIDDLEWARE": [*plain.MIDDLEWARE, middleware], **settings}


POLICIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (GOOD, []),
    ({"default-src": OWN}, BOTH),
    ({"default-src": ["'none'"]}, BOTH),
    ({"img-src": OWN, "object-src": ["'none'"]}, []),
    ({**GOOD, "frame-src": None}, [EDITOR]),
    ({**GOOD, "frame-src": None, "child-src": [ANY]}, []),
    ({**GOOD, "frame-src": "'self' https://plaza.avaturn.dev"}, []),
    ({**GOOD, "frame-src": ["*"]}, []),
    ({**GOOD, "frame-src": ["https:"]}, []),
    ({**GOOD, "frame-src": ["*.avaturn.dev:443"]}, []),
    ({**GOOD, "frame-src": ["https://avaturn.dev.evil.example"]}, [EDITOR]),
    ({**GOOD, "frame-src": ["data:"]}, [EDITOR]),
    ({**GOOD, "connect-src": ["blob:"]}, [EDITOR]),
    ({**GOOD, "connect-src": ["https://shop.example", "blob:"]}, []),
    ({**GOOD, "connect-src": ["https://other.example", "blob:"]}, [EDITOR]),
    ({**GOOD, "connect-src": ["*"]}, [VIEWER]),
    ({**GOOD, "style-src": [*OWN, "'unsafe-inline'"]}, []),
    ({**GOOD, "style-src": [*OWN, "'unsafe-inline'", "'nonce-abc'"]}, [VIEWER]),
    ({**GOOD, "style-src-elem": [HASH]}, [EDITOR]),
    ({**GOOD, "script-src": [*OWN, "'unsafe-eval'"]}, []),
    ({**GOOD, "script-src": OWN}, [VIEWER]),
    ({**GOOD, "script-src-elem": ["https://cdn.example"]}, [EDITOR]),
    ({**GOOD, "script-src": [*GOOD["script-src"], "'strict-dynamic'"]}, [EDITOR]),
    ({**GOOD, "img-src": ["'none'"]}, [VIEWER]),
    ({**GOOD, "img-src": ["/media/"]}, [VIEWER]),  # a path is no source, so browsers ignore it
    ({**GOOD, "upgrade-insecure-requests": True}, []),
    ({"img-src": [], "object-src": OWN}, []),  # Django sends no empty directive
]


@pytest.mark.parametrize(("policy", "told"), POLICIES, ids=lambda value: str(value)[-60:])
def test_policies_of_django(policy: dict[str, Any], told: list[str]) -> None:
    settings = site(DJANGO, SECURE_CSP=policy, ALLOWED_HOSTS=["shop.example", ".shop.example"])
    found = findings(**settings, deploy=True)
    assert [message.id for message in found] == told
    for message in found:
        settings = mended(message, settings)
    assert findings(**settings, deploy=True) == []


def test_the_lines_of_both_hints_go_together() -> None:
    settings = site(DJANGO, SECURE_CSP={"default-src": ["'none'"], "script-src": ["'nonce-x'"]})
    for message in findings(**settings, deploy=True):
        settings = mended(message, settings)
    assert settings["SECURE_CSP"] == {**GOOD, "script-src": ["'nonce-x'", *GOOD["script-src"]]}


def test_one_line_mends_one_of_them() -> None:
    settings = site(DJANGO, SECURE_CSP={"default-src": OWN})
    [editor, viewer] = findings(**settings, deploy=True)
    assert ids(**mended(editor, settings), deploy=True) == [VIEWER]
    assert ids(**mended(viewer, settings), deploy=True) == [EDITOR]


class Nonce:
    """As django-csp has it."""

    def __repr__(self) -> str:
        return "csp.constants.NONCE"

    def __deepcopy__(self, memo: object) -> Nonce:
        return self


NONCE = Nonce()


@pytest.mark.parametrize(
    ("middleware", "settings", "told"),
    [
        (DJANGO, {"SECURE_CSP_REPORT_ONLY": {"default-src": OWN}}, []),
        (DJANGO, {"SECURE_CSP": None}, []),
        (SECURITY, {"SECURE_CSP": {"default-src": OWN}}, []),
        (CSP, {"SECURE_CSP": {"default-src": OWN}}, []),
        (CSP, {"CONTENT_SECURITY_POLICY": {}}, []),
        (CSP, {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {}}}, BOTH),
        (CSP, {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"script-src": [*OWN, NONCE]}}}, BOTH),
        (CSP, {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": GOOD}}, []),
        (CSP, {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {**GOOD, "img-src": []}}}, [VIEWER]),
        (CSP, {"CONTENT_SECURITY_POLICY_REPORT_ONLY": {"DIRECTIVES": {}}}, []),
        (CSP, {"CSP_IMG_SRC": ("'self'",), "CSP_SCRIPT_SRC": ("'self'",)}, BOTH),
        (CSP, {"CSP_IMG_SRC": ("'self'",), "CSP_REPORT_ONLY": True}, []),
        (CSP, {"CSP_DEFAULT_SRC": ("*", "'unsafe-inline'", "'unsafe-eval'", "blob:")}, []),
    ],
    ids=lambda value: str(value)[:70],
)
def test_policies_of_others(middleware: str, settings: dict[str, Any], told: list[str]) -> None:
    settings = site(middleware, **settings)
    found = findings(**settings, deploy=True)
    assert [message.id for message in found] == told
    for message in found:
        settings = mended(message, settings, NONCE=NONCE)
    assert findings(**settings, deploy=True) == []


class Sentinel:
    """The names that a settings file imports from Django."""

    NONCE = "<CSP_NONCE_SENTINEL>"


@pytest.mark.parametrize(
    ("middleware", "policy", "imported"),
    [
        (DJANGO, {"SECURE_CSP": {"script-src": [*OWN, Sentinel.NONCE]}}, {"CSP": Sentinel}),
        (
            CSP,
            {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"script-src": [*OWN, NONCE]}}},
            {"NONCE": NONCE},
        ),
    ],
)
def test_the_place_of_a_nonce_is_kept(
    middleware: str, policy: dict[str, Any], imported: dict[str, Any]
) -> None:
    settings = site(middleware, **policy)
    for message in findings(**settings, deploy=True):
        settings = mended(message, settings, **imported)
    [(name, kept)] = [(name, settings[name]) for name in policy]
    before = policy[name].get("DIRECTIVES", policy[name])["script-src"]
    after = kept.get("DIRECTIVES", kept)["script-src"]
    assert after == [*before, "'wasm-unsafe-eval'"]


@pytest.mark.parametrize(
    ("changes", "frame", "image"),
    [
        ({}, ANY, "'self'"),
        ({"AVATURN": FREE}, "https://plaza.avaturn.dev", "'self'"),
        ({"AVATURN": SANDBOX}, "http://127.0.0.1:9100", "'self'"),
        ({"STORAGES": {**plain.STORAGES, "default": STORAGE}}, ANY, "https://bucket.example"),
        ({"MEDIA_URL": "https://shop.example/media/"}, ANY, "'self'"),
        ({"MEDIA_URL": "//media.example/"}, ANY, "https://media.example"),
    ],
    ids=str,
)
def test_hosts_are_this_sites(changes: dict[str, Any], frame: str, image: str) -> None:
    policy = {"default-src": ["'none'"], "frame-src": ["https://else.example"]}
    settings = site(DJANGO, SECURE_CSP=policy, ALLOWED_HOSTS=["shop.example"], **changes)
    for message in findings(**settings, deploy=True):
        if message.id in BOTH:
            settings = mended(message, settings)
    changed = settings["SECURE_CSP"]
    assert changed["frame-src"] == ["https://else.example", frame]
    assert changed["img-src"] == [image]
    assert changed["connect-src"] == list(dict.fromkeys(["'self'", "blob:", image]))


def test_files_of_a_storage_without_addresses_are_nobodys_need() -> None:
    storages = {**plain.STORAGES, "default": {"BACKEND": "tests.admin.storages.OffTheWeb"}}
    policy = {**GOOD, "img-src": ["'none'"]}
    assert ids(**site(DJANGO, SECURE_CSP=policy, STORAGES=storages), deploy=True) == []


def test_what_the_settings_do_not_tell_is_no_matter_of_policies() -> None:
    """It has an error of its own, and just that one."""
    avaturn = {**SOUND["AVATURN"], "STORAGE": "nowhere"}
    found = ids(**site(DJANGO, SECURE_CSP={"default-src": OWN}, AVATURN=avaturn), deploy=True)
    assert found == ids(**{**SOUND, "AVATURN": avaturn}, deploy=True)
    assert len(found) == 1


def test_static_files_with_hashed_names_that_have_not_been_collected() -> None:
    hashed = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    storages = {**plain.STORAGES, "staticfiles": hashed}
    served = {"STATIC_URL": "https://cdn.example/", "STATIC_ROOT": "/srv/static"}
    settings = site(DJANGO, SECURE_CSP=GOOD, STORAGES=storages, **served)
    [message] = findings(**settings, deploy=True)
    changed = mended(message, settings)["SECURE_CSP"]
    assert changed["script-src"] == [*GOOD["script-src"], "https://cdn.example"]


def test_static_files_and_sdk_on_hosts_of_their_own() -> None:
    avaturn = {**SOUND["AVATURN"], "SDK_URL": "https://sdk.example/sdk.js"}
    settings = site(DJANGO, SECURE_CSP=GOOD, STATIC_URL="https://cdn.example/", AVATURN=avaturn)
    [message] = findings(**settings, deploy=True)
    assert message.id == EDITOR
    changed = mended(message, settings)["SECURE_CSP"]
    assert changed["script-src"][2:] == ["https://cdn.example", "https://sdk.example"]
    assert changed["style-src"][2:] == ["https://cdn.example"]


@pytest.mark.parametrize(
    ("camera", "told"),
    [
        ([], 1),
        ("none", 1),
        ("self", 1),
        (["self"], 1),
        ([ANY], 1),  # a frame gets only what its page has
        (["self", ANY], 0),
        (["self", "https://plaza.avaturn.dev"], 0),
        (["self", "https://avaturn.dev.evil.example"], 1),
        ("*", 0),
    ],
)
def test_w018_camera(camera: Any, told: int) -> None:
    settings = site(PERMISSIONS, PERMISSIONS_POLICY={"camera": camera, "usb": []})
    found = findings(**settings, deploy=True)
    assert [message.id for message in found] == ["avaturn.W018"] * told
    for message in found:
        settings = mended(message, settings)
    assert findings(**settings, deploy=True) == []


@pytest.mark.parametrize(
    ("middleware", "policy"), [(PERMISSIONS, {"usb": []}), (SECURITY, {"camera": []})]
)
def test_no_word_of_the_camera(middleware: str, policy: dict[str, Any]) -> None:
    assert ids(**site(middleware, PERMISSIONS_POLICY=policy), deploy=True) == []


@method_decorator(allow_popups, name="dispatch")
class Profile(View):
    """A page of the site's."""

    def get(self, request: Any) -> HttpResponse:
        return HttpResponse()


def profile(request: Any) -> HttpResponse:
    return HttpResponse()


PLAIN = [path("avatar/", include("django_avaturn.urls")), path("", profile)]
DECORATED = [PLAIN[0], path("", include([path("", allow_popups(profile))]))]
CLASS_BASED = [PLAIN[0], path("", login_not_required(Profile.as_view()))]


@pytest.mark.parametrize(
    ("patterns", "changes", "told"),
    [
        (PLAIN, {}, True),
        (DECORATED, {}, False),
        (CLASS_BASED, {}, False),
        (PLAIN, {"AVATURN": SOUND["AVATURN"]}, False),
        (PLAIN, {"SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin-allow-popups"}, False),
        (PLAIN, {"SECURE_CROSS_ORIGIN_OPENER_POLICY": None}, False),
        (PLAIN, {"MIDDLEWARE": plain.MIDDLEWARE}, False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_w019_popups(urlconf: Any, patterns: Any, changes: dict[str, Any], told: bool) -> None:
    urlconf.urlpatterns = patterns
    settings = {**site(SECURITY, AVATURN=FREE, ROOT_URLCONF="site_urls"), **changes}
    found = findings(**settings, deploy=True)
    assert [message.id for message in found] == ["avaturn.W019"] * told
    for message in found:
        assert findings(**mended(message, settings), deploy=True) == []
