"""The AVATURN dict: one finding for each id; nothing to say about a clean site."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Error, Warning

from django_avaturn.conf import Settings
from tests.checks.sites import CLEAN, FOUND_SDK, SECRET, TOKEN, findings, ids, mended


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
        ("SDK_URL", 7),
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
    ("url", "told"),
    [
        ("https://plaza.avaturn.dev", []),
        ("http://plaza.avaturn.dev", ["avaturn.E003"]),
        ("http://127.0.0.1:9100/iframe", ["avaturn.W003"]),
        ("plaza", ["avaturn.E001"]),
    ],
)
def test_a_project_stands_in_for_the_token(url: str, told: list[str]) -> None:
    assert ids(AVATURN={**FOUND_SDK, "PROJECT_URL": url}) == told


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("sh0rt", "avaturn.W020"),
        ("a" * 19, "avaturn.W020"),
        ("sh/rt", "avaturn.E006"),
        ("twenty characters and spaces", "avaturn.E006"),
        ("slash/" * 5, "avaturn.E006"),
        ("ünïcödé" * 4, "avaturn.E006"),
    ],
)
def test_unfit_webhook_secret(secret: str, told: str) -> None:
    found = findings(AVATURN={**CLEAN, "WEBHOOK_SECRETS": [SECRET, secret]})
    assert [message.id for message in found] == [told]
    assert secret not in str(found[0])


def test_fit_webhook_secrets() -> None:
    assert findings(AVATURN={**CLEAN, "WEBHOOK_SECRETS": [SECRET, "a" * 20]}) == []


def test_unknown_storage() -> None:
    found = findings(AVATURN={**CLEAN, "STORAGE": "avatars"})
    assert [message.id for message in found] == ["avaturn.E005"]
    assert "default" in (found[0].hint or "")


QUEUES = {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "slow"]}


@pytest.mark.parametrize(
    ("tasks", "queue", "told"),
    [
        ({"default": QUEUES}, "slow", []),
        ({"default": QUEUES}, "avatars", ["avaturn.E007"]),
        ({"default": {**QUEUES, "QUEUES": []}}, "avatars", []),
        ({}, "default", []),
        ({}, "avatars", ["avaturn.E007"]),
    ],
)
def test_e007_unknown_queue(tasks: dict[str, Any], queue: str, told: list[str]) -> None:
    site = {"AVATURN": {**CLEAN, "TASK_QUEUE": queue}, "TASKS": tasks}
    assert ids(**site) == told


def test_e007_is_mended_where_the_queue_is_named(settings: Any) -> None:
    site = {"AVATURN": {**CLEAN, "TASK_QUEUE": "avatars"}, "TASKS": {"default": QUEUES}}
    [message] = findings(**site)
    better = mended(message, site)
    assert better["TASKS"]["default"]["QUEUES"] == ["default", "slow", "avatars"]
    assert ids(**better) == []
