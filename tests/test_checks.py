"""One finding for each id; nothing to say about a clean site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning
from django.test import override_settings

from django_avaturn.conf import Settings

TOKEN = "token-that-nobody-may-see"
FOUND_SDK = {"SDK_URL": "/media/sdk.js"}
CLEAN = {"API_TOKEN": TOKEN, **FOUND_SDK}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for option in Settings.options():
        monkeypatch.delenv(option.variable, raising=False)
    with override_settings(DEBUG=False):
        yield


def findings(**settings: Any) -> list[CheckMessage]:
    """What 'manage.py check --tag avaturn' says; never the token, always a hint."""
    with override_settings(**settings):
        found = checks.run_checks(tags=["avaturn"])
    for message in found:
        assert TOKEN not in str(message)
        assert message.hint
    return found


def test_a_clean_site() -> None:
    assert findings(AVATURN=CLEAN) == []


def test_a_clean_site_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATURN_API_TOKEN", TOKEN)
    assert findings(AVATURN=FOUND_SDK) == []


def test_the_sandbox_while_developing() -> None:
    clean = {**CLEAN, "API_URL": "http://127.0.0.1:9100"}
    assert findings(AVATURN=clean, DEBUG=True) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("API_TOKEN", [TOKEN]),
        ("API_URL", f"https://api.avaturn.me/{TOKEN}"),
        ("TIMEOUT", "10"),
        ("MAX_RETRIES", -1),
        ("SESSION_THROTTLE", "often"),
        ("HOOKS", "Hooks"),
        ("SDK_URL", None),
    ],
)
def test_e001_wrong_type(key: str, value: Any) -> None:
    [message] = findings(AVATURN={**CLEAN, key: value})
    assert (type(message), message.id) == (Error, "avaturn.E001")
    assert message.msg.startswith(f"AVATURN['{key}'] must be ")


def test_e001_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATURN_TIMEOUT", TOKEN)
    [message] = findings(AVATURN=CLEAN)
    assert message.id == "avaturn.E001"
    assert message.msg.startswith("AVATURN_TIMEOUT must be ")


def test_e001_tells_all_at_once() -> None:
    found = findings(AVATURN={**CLEAN, "TIMEOUT": 0, "MAX_RETRIES": -1})
    assert [message.id for message in found] == ["avaturn.E001", "avaturn.E001"]


@pytest.mark.parametrize("value", [None, TOKEN, [("API_TOKEN", TOKEN)]])
def test_e002_no_dict(value: Any) -> None:
    [message] = [m for m in findings(AVATURN=value) if m.id != "avaturn.W004"]
    assert (type(message), message.id) == (Error, "avaturn.E002")


@pytest.mark.parametrize("url", ["http://api.avaturn.me", "http://10.0.0.7:9100"])
@pytest.mark.parametrize("debug", [True, False])
def test_e003_plain_http(url: str, debug: bool) -> None:
    [message] = findings(AVATURN={**CLEAN, "API_URL": url}, DEBUG=debug)
    assert (type(message), message.id) == (Error, "avaturn.E003")


@pytest.mark.parametrize(
    "path", ["nowhere.to.Find", "django_avaturn.hooks.Missing", "collections.OrderedDict"]
)
def test_e004_hooks(path: str) -> None:
    [message] = findings(AVATURN={**CLEAN, "HOOKS": path})
    assert (type(message), message.id) == (Error, "avaturn.E004")
    assert path in message.msg


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("API_TOKE", "Did you mean 'API_TOKEN'?"),
        ("api_token", "Did you mean 'API_TOKEN'?"),
        ("TIMEOUTS", "Did you mean 'TIMEOUT'?"),
        ("HOOK", "Did you mean 'HOOKS'?"),
        ("COLOUR", "Known keys: " + ", ".join(option.key for option in Settings.options()) + "."),
        (7, "Known keys: " + ", ".join(option.key for option in Settings.options()) + "."),
    ],
)
def test_w001_unknown_key(key: object, hint: str) -> None:
    [message] = findings(AVATURN={**CLEAN, key: TOKEN})
    assert (type(message), message.id) == (Warning, "avaturn.W001")
    assert repr(key) in message.msg
    assert message.hint == hint


@pytest.mark.parametrize("token", [{}, {"API_TOKEN": ""}, {"API_TOKEN": "  "}])
def test_w002_no_token(token: dict[str, str]) -> None:
    [message] = findings(AVATURN={**FOUND_SDK, **token})
    assert (type(message), message.id) == (Warning, "avaturn.W002")
    assert "AVATURN_API_TOKEN" in str(message.hint)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9100", "http://localhost:9100", "http://[::1]:9100"]
)
def test_w003_sandbox_in_production(url: str) -> None:
    [message] = findings(AVATURN={**CLEAN, "API_URL": url})
    assert (type(message), message.id) == (Warning, "avaturn.W003")


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://plaza.avaturn.dev", []),
        ("http://plaza.avaturn.dev", ["avaturn.E003"]),
        ("http://127.0.0.1:9100/iframe", ["avaturn.W003"]),
        ("plaza", ["avaturn.E001"]),
    ],
)
def test_a_project_stands_in_for_the_token(url: str, ids: list[str]) -> None:
    assert [one.id for one in findings(AVATURN={**FOUND_SDK, "PROJECT_URL": url})] == ids


def test_w004_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avaturn.checks.finders.find", lambda path: None)
    [message] = findings(AVATURN={"API_TOKEN": TOKEN})
    assert (type(message), message.id) == (Warning, "avaturn.W004")


def test_the_sdk_is_found_by_staticfiles(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for = []
    monkeypatch.setattr(
        "django_avaturn.checks.finders.find", lambda path: looked_for.append(path) or "/found.js"
    )
    assert findings(AVATURN={"API_TOKEN": TOKEN}) == []
    assert looked_for == ["django_avaturn/vendor/avaturn-sdk.js"]


GOOD_SECRET = "Zm9vYmFyYmF6cXV4-1234_5678"


@pytest.mark.parametrize(
    "secret", ["sh0rt", "a" * 19, "twenty characters and spaces", "slash/" * 5, "ünïcödé" * 4]
)
def test_unfit_webhook_secret(secret: str) -> None:
    found = findings(AVATURN={**CLEAN, "WEBHOOK_SECRETS": [GOOD_SECRET, secret]})
    assert [message.id for message in found] == ["avaturn.E006"]
    assert secret not in str(found[0])


def test_fit_webhook_secrets() -> None:
    assert findings(AVATURN={**CLEAN, "WEBHOOK_SECRETS": [GOOD_SECRET, "a" * 20]}) == []


def test_unknown_storage() -> None:
    found = findings(AVATURN={**CLEAN, "STORAGE": "avatars"})
    assert [message.id for message in found] == ["avaturn.E005"]
    assert "default" in (found[0].hint or "")


@pytest.mark.parametrize(("secrets", "ids"), [([], ["avaturn.W005"]), ([GOOD_SECRET], [])])
def test_deployment_without_webhook(secrets: list[str], ids: list[str]) -> None:
    assert deployed(AVATURN={**CLEAN, "WEBHOOK_SECRETS": secrets}, MEDIA_ROOT="/srv") == ids


def deployed(**settings: Any) -> list[str]:
    """Ids of what 'manage.py check --deploy' says."""
    with override_settings(**settings):
        found = checks.run_checks(tags=["avaturn"], include_deployment_checks=True)
    return [message.id or "" for message in found]


MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
ON_DISK = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": "/srv/avatars"},
}


@pytest.mark.parametrize(
    ("place", "ids"),
    [
        ({"MEDIA_ROOT": ""}, ["avaturn.W006"]),
        ({"MEDIA_ROOT": "/srv/media"}, []),
        ({"MEDIA_ROOT": "", "STORAGES": {"default": MEMORY, "staticfiles": MEMORY}}, []),
        ({"MEDIA_ROOT": "", "STORAGES": {"default": ON_DISK, "staticfiles": MEMORY}}, []),
        ({"MEDIA_ROOT": "", "STORAGES": {"staticfiles": MEMORY}}, ["avaturn.E005"]),
    ],
)
def test_deployment_without_a_place_for_files(place: dict[str, Any], ids: list[str]) -> None:
    assert deployed(AVATURN={**CLEAN, "WEBHOOK_SECRETS": [GOOD_SECRET]}, **place) == ids
