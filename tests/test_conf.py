"""Where a setting is looked up, and what it may be."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_avaturn.conf import Option, Settings, settings

SECRET = "value-that-nobody-may-see"
KEYS = [option.key for option in Settings.options()]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty dict and no environment variable of ours."""
    for key in KEYS:
        monkeypatch.delenv(f"AVATURN_{key}", raising=False)
    with override_settings(AVATURN={}):
        yield


def test_the_table() -> None:
    defaults = {option.key: getattr(settings, option.key) for option in Settings.options()}
    assert defaults == {
        "API_TOKEN": "",
        "API_URL": "https://api.avaturn.me",
        "PROJECT_URL": "",
        "TIMEOUT": (10.0, 10.0),
        "MAX_RETRIES": 2,
        "SESSION_THROTTLE": "60/hour",
        "ALWAYS_START_OVER": False,
        "KEEP_FORMER": False,
        "ALLOW_GUESTS": False,
        "GUEST_DAYS": 14,
        "CONSENT_VERSION": "",
        "REQUIRE_FACE_ANIMATIONS": False,
        "WEBHOOK_SECRETS": (),
        "STORAGE": "default",
        "DOWNLOAD_HOSTS": (".avaturn.me", ".avaturn.dev"),
        "MAX_MODEL_BYTES": 64 * 1024 * 1024,
        "PORTRAIT_SCENE": "common/transparent_half_body",
        "TASK_QUEUE": "default",
        "HOOKS": "django_avaturn.hooks.AvaturnHooks",
        "SDK_URL": "",
    }
    assert all(option.help.endswith(".") for option in Settings.options())
    assert isinstance(Settings.API_URL, Option)


def test_defaults_are_valid_values() -> None:
    for option in Settings.options():
        with override_settings(AVATURN={option.key: option.default}):
            assert getattr(settings, option.key) == option.default


def test_dict_before_environment_before_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.MAX_RETRIES == 2
    monkeypatch.setenv("AVATURN_MAX_RETRIES", "5")
    assert settings.MAX_RETRIES == 5
    with override_settings(AVATURN={"MAX_RETRIES": 7}):
        assert settings.MAX_RETRIES == 7
    assert settings.MAX_RETRIES == 5


def test_the_dict_wins_even_with_an_empty_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATURN_API_TOKEN", "from the environment")
    with override_settings(AVATURN={"API_TOKEN": ""}):
        assert settings.API_TOKEN == ""


@pytest.mark.parametrize("key", KEYS)
def test_an_empty_variable_counts_as_not_set(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AVATURN_{key}", "")
    assert getattr(settings, key) == getattr(Settings, key).default


@pytest.mark.parametrize(
    ("token", "project", "free"),
    [
        ("", "", False),
        ("t", "", False),
        ("t", "https://plaza.avaturn.dev", False),
        ("", "https://plaza.avaturn.dev", True),
    ],
)
def test_free_plan_is_a_project_without_a_token(token: str, project: str, free: bool) -> None:
    with override_settings(AVATURN={"API_TOKEN": token, "PROJECT_URL": project}):
        assert settings.free_plan is free


def test_no_text_is_as_good_as_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """``os.environ.get`` gives None."""
    with override_settings(AVATURN=dict.fromkeys(["API_TOKEN", "PROJECT_URL", "SDK_URL"])):
        assert (settings.API_TOKEN, settings.PROJECT_URL, settings.SDK_URL) == ("", "", "")
        assert not Settings.API_TOKEN.is_set
        monkeypatch.setenv("AVATURN_API_TOKEN", "from-the-environment")
        assert settings.API_TOKEN == "from-the-environment"
        assert Settings.API_TOKEN.source == "AVATURN_API_TOKEN"


@pytest.mark.parametrize("value", [None, "API_TOKEN=x", ["API_TOKEN"], 7])
def test_avaturn_is_no_dict(value: Any) -> None:
    """A check tells; until then the defaults hold."""
    with override_settings(AVATURN=value):
        assert settings.MAX_RETRIES == 2


def test_avaturn_is_missing(settings: Any) -> None:
    del settings.AVATURN
    assert Settings().MAX_RETRIES == 2


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("API_TOKEN", " padded ", "padded"),
        ("API_URL", "http://127.0.0.1:9100", "http://127.0.0.1:9100"),
        ("API_URL", "https://api.example.com/", "https://api.example.com"),
        ("API_URL", "http://[::1]:9100", "http://[::1]:9100"),
        ("PROJECT_URL", "https://plaza.avaturn.dev", "https://plaza.avaturn.dev"),
        ("PROJECT_URL", " http://127.0.0.1:9100/iframe ", "http://127.0.0.1:9100/iframe"),
        ("PROJECT_URL", "", ""),
        ("ALLOW_GUESTS", True, True),
        ("GUEST_DAYS", 1, 1),
        ("CONSENT_VERSION", " 2026-11 ", "2026-11"),
        ("CONSENT_VERSION", "é" * 64, "é" * 64),
        ("TIMEOUT", 5, (5.0, 5.0)),
        ("TIMEOUT", 0.5, (0.5, 0.5)),
        ("TIMEOUT", (3, 20.5), (3.0, 20.5)),
        ("TIMEOUT", [3, 20], (3.0, 20.0)),
        ("MAX_RETRIES", 0, 0),
        ("MAX_RETRIES", 100, 100),
        ("SESSION_THROTTLE", "5/m", "5/m"),
        ("SESSION_THROTTLE", "100/day", "100/day"),
        ("SESSION_THROTTLE", "30/hours", "30/hours"),
        ("SESSION_THROTTLE", None, None),
        ("SESSION_THROTTLE", "", None),
        ("SESSION_THROTTLE", "None", None),
        ("WEBHOOK_SECRETS", ["one", " two ", ""], ("one", "two")),
        ("WEBHOOK_SECRETS", (), ()),
        ("STORAGE", "avatars", "avatars"),
        ("DOWNLOAD_HOSTS", [".Avaturn.me", "a.example:8443"], (".avaturn.me", "a.example:8443")),
        ("DOWNLOAD_HOSTS", ["127.0.0.1:9100", "[::1]:9100"], ("127.0.0.1:9100", "[::1]:9100")),
        ("DOWNLOAD_HOSTS", [], ()),
        ("MAX_MODEL_BYTES", 1, 1),
        ("PORTRAIT_SCENE", "own/scene_1", "own/scene_1"),
        ("TASK_QUEUE", "avatars", "avatars"),
        ("HOOKS", "shop.avatars.Hooks", "shop.avatars.Hooks"),
        ("SDK_URL", "/media/sdk.js", "/media/sdk.js"),
    ],
)
def test_good_values(key: str, value: Any, read: Any) -> None:
    with override_settings(AVATURN={key: value}):
        assert getattr(settings, key) == read
        assert type(getattr(settings, key)) is type(read)


@pytest.mark.parametrize(
    ("key", "text", "read"),
    [
        ("API_TOKEN", "abc=,:;d", "abc=,:;d"),
        ("API_TOKEN", "123", "123"),
        ("API_URL", "http://localhost:9100/", "http://localhost:9100"),
        ("TIMEOUT", "5", (5.0, 5.0)),
        ("TIMEOUT", "2.5", (2.5, 2.5)),
        ("TIMEOUT", "3,20", (3.0, 20.0)),
        ("TIMEOUT", " 3 , 20 ", (3.0, 20.0)),
        ("MAX_RETRIES", "0", 0),
        ("ALWAYS_START_OVER", "true", True),
        ("KEEP_FORMER", "1", True),
        ("ALLOW_GUESTS", " On ", True),
        ("REQUIRE_FACE_ANIMATIONS", "False", False),
        ("GUEST_DAYS", "30", 30),
        ("CONSENT_VERSION", "2026", "2026"),
        ("SESSION_THROTTLE", "none", None),
        ("SESSION_THROTTLE", "5/min", "5/min"),
        ("WEBHOOK_SECRETS", "one, two", ("one", "two")),
        ("DOWNLOAD_HOSTS", "a.example, .b.example:8443", ("a.example", ".b.example:8443")),
        ("MAX_MODEL_BYTES", "20000000", 20_000_000),
        ("HOOKS", "shop.avatars.Hooks", "shop.avatars.Hooks"),
        ("SDK_URL", "https://cdn.example.com/sdk.js", "https://cdn.example.com/sdk.js"),
    ],
)
def test_good_variables(key: str, text: str, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AVATURN_{key}", text)
    assert getattr(settings, key) == read
    assert type(getattr(settings, key)) is type(read)


def test_a_variable_may_point_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere with django-environ."""
    monkeypatch.setenv("PORTAL_TOKEN", "abc")
    monkeypatch.setenv("AVATURN_API_TOKEN", "$PORTAL_TOKEN")
    assert settings.API_TOKEN == "abc"


def refused(key: str) -> str:
    """The message for a value that is not accepted; it holds no secret, nor does its chain."""
    with pytest.raises(ImproperlyConfigured) as caught:
        getattr(settings, key)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("API_TOKEN", 7),
        ("API_TOKEN", [SECRET]),
        ("API_TOKEN", SECRET.encode()),
        ("API_URL", SECRET),
        ("API_URL", ""),
        ("API_URL", None),
        ("API_URL", f"https://{SECRET}/api/v1"),
        ("API_URL", f"https://api.example.com?key={SECRET}"),
        ("API_URL", f"https://api.example.com#{SECRET}"),
        ("API_URL", f"https://user:{SECRET}@api.example.com"),
        ("API_URL", f"https://:{SECRET}@api.example.com"),
        ("API_URL", f"ftp://{SECRET}"),
        ("API_URL", "https://"),
        ("API_URL", "https://[::1"),
        ("API_URL", f"https://api.example.com:{SECRET}"),
        ("API_URL", "https://api.example.com:99999"),
        ("API_URL", "https://api example.com"),
        ("PROJECT_URL", SECRET),
        ("PROJECT_URL", f"https://user:{SECRET}@plaza.avaturn.dev"),
        ("PROJECT_URL", f"https://plaza.avaturn.dev?token={SECRET}"),
        ("PROJECT_URL", f"https://plaza.avaturn.dev#{SECRET}"),
        ("PROJECT_URL", "javascript:alert(1)"),
        ("PROJECT_URL", "https://plaza.avaturn.dev/a b"),
        ("ALLOW_GUESTS", 1),
        ("ALLOW_GUESTS", "yes"),
        ("GUEST_DAYS", 0),
        ("GUEST_DAYS", True),
        ("GUEST_DAYS", 3651),
        ("CONSENT_VERSION", 2026),
        ("CONSENT_VERSION", "x" * 65),
        ("CONSENT_VERSION", "2026\n11"),
        ("TIMEOUT", 0),
        ("TIMEOUT", -1),
        ("TIMEOUT", True),
        ("TIMEOUT", None),
        ("TIMEOUT", "10"),
        ("TIMEOUT", float("nan")),
        ("TIMEOUT", float("inf")),
        ("TIMEOUT", ()),
        ("TIMEOUT", (1,)),
        ("TIMEOUT", (1, 2, 3)),
        ("TIMEOUT", (1, None)),
        ("MAX_RETRIES", -1),
        ("MAX_RETRIES", 101),
        ("MAX_RETRIES", 1.0),
        ("MAX_RETRIES", True),
        ("MAX_RETRIES", None),
        ("MAX_RETRIES", "2"),
        ("SESSION_THROTTLE", 60),
        ("SESSION_THROTTLE", "60"),
        ("SESSION_THROTTLE", "0/hour"),
        ("SESSION_THROTTLE", "60/fortnight"),
        ("SESSION_THROTTLE", "sixty/hour"),
        ("WEBHOOK_SECRETS", SECRET),
        ("WEBHOOK_SECRETS", [SECRET, 7]),
        ("WEBHOOK_SECRETS", None),
        ("DOWNLOAD_HOSTS", "avaturn.me"),
        ("DOWNLOAD_HOSTS", [f"https://{SECRET}"]),
        ("DOWNLOAD_HOSTS", ["*"]),
        ("DOWNLOAD_HOSTS", ["avaturn.me/files"]),
        ("DOWNLOAD_HOSTS", ["avaturn.me:"]),
        ("DOWNLOAD_HOSTS", ["a@b"]),
        ("MAX_MODEL_BYTES", 0),
        ("MAX_MODEL_BYTES", True),
        ("MAX_MODEL_BYTES", "64"),
        ("PORTRAIT_SCENE", ""),
        ("PORTRAIT_SCENE", "common/../x"),
        ("HOOKS", "Hooks"),
        ("HOOKS", "shop..Hooks"),
        ("HOOKS", "shop/hooks.py"),
        ("HOOKS", None),
        ("HOOKS", ""),
        ("SDK_URL", 7),
    ],
)
def test_bad_values(key: str, value: Any) -> None:
    with override_settings(AVATURN={key: value}):
        message = refused(key)
    assert message == f"AVATURN['{key}'] must be {getattr(Settings, key).kind.expected}."


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("API_TOKEN", f"${SECRET}"),
        ("API_TOKEN", "$AVATURN_API_TOKEN"),
        ("API_URL", SECRET),
        ("TIMEOUT", SECRET),
        ("ALLOW_GUESTS", SECRET),
        ("GUEST_DAYS", "1.5"),
        ("TIMEOUT", "1,2,3"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", " "),
        ("TIMEOUT", "1,"),
        ("MAX_RETRIES", "2.5"),
        ("MAX_RETRIES", "-1"),
        ("MAX_RETRIES", SECRET),
        ("SESSION_THROTTLE", SECRET),
        ("HOOKS", SECRET),
    ],
)
def test_bad_variables(key: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AVATURN_{key}", text)
    assert refused(key).startswith(f"AVATURN_{key} must be ")
