"""What 'manage.py check --deploy' adds: each finding once, and a sound site without any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.checks.sites import CLEAN, FOUND_SDK, SECRET, SOUND, TOKEN, findings, ids, mended

MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
ON_DISK = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": "/srv/avatars"},
}
AVATURN = SOUND["AVATURN"]
SANDBOX = {**AVATURN, "API_TOKEN": "sandbox-token", "API_URL": "http://127.0.0.1:9100"}
FREE = {**FOUND_SDK, "PROJECT_URL": "https://plaza.avaturn.dev"}
IMMEDIATE = "django.tasks.backends.immediate.ImmediateBackend"
DUMMY = "django_tasks.backends.dummy.DummyBackend"


def test_a_sound_site() -> None:
    assert findings(**SOUND, deploy=True) == []


def test_only_with_deploy() -> None:
    assert findings(AVATURN=CLEAN, MEDIA_ROOT="", DATA_UPLOAD_MAX_NUMBER_FILES=1) == []


def stores(storage: dict[str, Any] | None) -> dict[str, Any]:
    return {**({"default": storage} if storage else {}), "staticfiles": MEMORY}


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"AVATURN": CLEAN}, ["avaturn.W005"]),
    ({"AVATURN": FREE}, []),
    ({"MEDIA_ROOT": ""}, ["avaturn.W006"]),
    ({"MEDIA_URL": ""}, ["avaturn.W006"]),
    ({"MEDIA_ROOT": "", "MEDIA_URL": "", "STORAGES": stores(MEMORY)}, []),
    ({"MEDIA_ROOT": "", "STORAGES": stores(ON_DISK)}, []),
    ({"STORAGES": stores(None)}, ["avaturn.E005"]),
    ({"TASKS": {}}, ["avaturn.W011"]),
    ({"TASKS": {"default": {"BACKEND": IMMEDIATE}}}, ["avaturn.W011"]),
    ({"TASKS": {"default": {"BACKEND": DUMMY}}}, ["avaturn.W011"]),
    ({"TASKS": {}, "AVATURN": FREE}, []),
    ({"AVATURN": {**AVATURN, "MAX_MODEL_BYTES": 10**18}}, ["avaturn.W012"]),
    ({"DATA_UPLOAD_MAX_NUMBER_FILES": 2}, ["avaturn.W013"]),
    ({"DATA_UPLOAD_MAX_NUMBER_FILES": 2, "AVATURN": FREE}, []),
    ({"DATA_UPLOAD_MAX_NUMBER_FILES": 3}, []),
    ({"DATA_UPLOAD_MAX_NUMBER_FILES": None}, []),
    ({"AVATURN": {**AVATURN, "API_TOKEN": "sandbox-token"}}, ["avaturn.W014"]),
    ({"AVATURN": SANDBOX}, ["avaturn.W003"]),
    ({"CACHES": {}}, []),  # Django complains itself
    ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}}, ["I"]),
    ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}, ["I"]),
]


@pytest.mark.parametrize(("changes", "told"), CASES, ids=lambda value: str(value)[:80])
def test_each_finding(changes: dict[str, Any], told: list[str]) -> None:
    expected = ["avaturn.I001" if one == "I" else one for one in told]
    assert ids(**{**SOUND, **changes}, deploy=True) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"MEDIA_ROOT": "", "MEDIA_URL": ""},
        {"TASKS": {}},
        {"DATA_UPLOAD_MAX_NUMBER_FILES": 0},
        {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
    ],
    ids=str,
)
def test_the_line_of_the_hint_silences_it(changes: dict[str, Any]) -> None:
    site = {**SOUND, **changes}
    [message] = findings(**site, deploy=True)
    assert findings(**mended(message, site, BASE_DIR=Path("/srv")), deploy=True) == []


def test_w012_a_directory_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For root everything can be, so the system is asked in vain."""
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path)
    site = {**SOUND, "FILE_UPLOAD_TEMP_DIR": str(tmp_path)}
    [message] = findings(**site, deploy=True)
    assert message.id == "avaturn.W012"
    assert str(tmp_path) in message.msg
    assert findings(**mended(message, site), deploy=True) == []


def test_w012_leaves_a_missing_directory_to_django(tmp_path: Path) -> None:
    assert ids(**{**SOUND, "FILE_UPLOAD_TEMP_DIR": str(tmp_path / "none")}, deploy=True) == []


@pytest.mark.parametrize(
    ("key", "value", "environment", "told"),
    [
        ("API_TOKEN", TOKEN, "another", ["avaturn.W015"]),
        ("API_TOKEN", TOKEN, TOKEN, []),
        ("TIMEOUT", 10, "10", []),
        ("TIMEOUT", 10, "5,20", ["avaturn.W015"]),
        ("TIMEOUT", 10, "soon", ["avaturn.W015"]),
        ("WEBHOOK_SECRETS", [SECRET], SECRET, []),
    ],
)
def test_w015_settings_hide_the_environment(
    monkeypatch: pytest.MonkeyPatch, key: str, value: Any, environment: str, told: list[str]
) -> None:
    monkeypatch.setenv(f"AVATURN_{key}", environment)
    site = {**SOUND, "AVATURN": {**AVATURN, key: value}}
    found = findings(**site, deploy=True)
    assert [message.id for message in found] == told
    for message in found:
        assert "another" not in str(message)
        left = ids(**mended(message, site), deploy=True)
        assert left == (["avaturn.E001"] if environment == "soon" else [])
