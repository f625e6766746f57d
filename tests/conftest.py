"""What the tests share: the sandbox behind a real socket, users, and a choice of databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.sandbox import Sandbox, SandboxServer
from tests.databases import CurrentDatabase

pytest_plugins = ["tests.chromium"]

TOKEN = "test-token-4f1d"


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(tokens=[TOKEN])) as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer, settings: Any, tmp_path: Path) -> Iterator[Sandbox]:
    """An empty sandbox that the site's settings point to, and an empty storage."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    cache.clear()
    sandbox_server.sandbox.reset()
    settings.AVATURN = {
        "API_TOKEN": TOKEN,
        "API_URL": sandbox_server.url,
        "MAX_RETRIES": 1,
        "TIMEOUT": 5,
    }
    yield sandbox_server.sandbox
    sandbox_server.sandbox.reset()


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change some keys of AVATURN for the rest of the test."""

    def change(**keys: object) -> None:
        settings.AVATURN = {**settings.AVATURN, **keys}

    return change


@pytest.fixture
def ann(db: None) -> Any:
    return get_user_model().objects.create_user("ann", "ann@example.com", "secret")


@pytest.fixture
def bob(db: None) -> Any:
    return get_user_model().objects.create_user("bob", "bob@example.com", "secret")


@pytest.fixture
def as_ann(ann: Any) -> Client:
    """Ann's browser; like a real one it has to send the CSRF token."""
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def remote_avatar(sandbox: Sandbox) -> Callable[[AvaturnProfile], UUID]:
    """Make an avatar at Avaturn that the site does not know of yet."""

    def make(profile: AvaturnProfile) -> UUID:
        return services.get_client().create_avatar(profile.avaturn_id or "").avatar_id

    return make


@pytest.fixture
def make_avatar(remote_avatar: Callable[[AvaturnProfile], UUID]) -> Callable[..., Avatar]:
    """Make an avatar at Avaturn and here."""

    def make(user: Any) -> Avatar:
        profile = services.get_profile(user)
        avatar_id = remote_avatar(profile)
        services.sync_profile(profile)
        return Avatar.objects.get(pk=avatar_id)

    return make


@pytest.fixture(params=["default", "postgres", "mysql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each database that answers; in CI all of them have to."""
    from tests.databases import AVAILABLE

    if request.param != "default" and request.param not in AVAILABLE:
        pytest.skip(f"{request.param} does not answer; see tests/databases.py")
    CurrentDatabase.alias = request.param
    yield request.param
    CurrentDatabase.alias = "default"
