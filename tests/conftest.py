"""What the tests share: the sandbox behind a real socket, users, and a choice of databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.sandbox import Sandbox, SandboxServer
from tests.databases import CurrentDatabase
from tests.stoppable import Stoppable

pytest_plugins = ["tests.chromium", "tests.scanner"]

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
def stoppable(sandbox: Sandbox, configure: Callable[..., None]) -> Iterator[Stoppable]:
    """A sandbox of the test's own, which the site's settings point to."""
    with Stoppable(TOKEN) as stoppable:
        configure(API_URL=stoppable.url)
        yield stoppable


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


@pytest.fixture
def members(sandbox: Sandbox) -> Callable[..., list[AvaturnProfile]]:
    """Make users with a remote user, the first of them the longest unsynced."""

    def make(number: int, name: str = "member", at: Sandbox = sandbox) -> list[AvaturnProfile]:
        users = [get_user_model().objects.create(username=f"{name}{n}") for n in range(number)]
        return [
            AvaturnProfile.objects.create(
                user=user, avaturn_id=at.add_user(), synced_at=timezone.now()
            )
            for user in users
        ]

    return make


@pytest.fixture
def other_project(settings: Any) -> Callable[[], AbstractContextManager[Sandbox]]:
    """For a while the token is that of another project, which knows none of the users."""

    @contextmanager
    def switch() -> Iterator[Sandbox]:
        ours = settings.AVATURN
        with SandboxServer(Sandbox(tokens=["other-token"])) as server:
            settings.AVATURN = {**ours, "API_TOKEN": "other-token", "API_URL": server.url}
            yield server.sandbox
        settings.AVATURN = ours

    return switch


@pytest.fixture(params=["default", "postgres", "mysql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each database that answers; in CI all of them have to."""
    from tests.databases import AVAILABLE

    if request.param != "default" and request.param not in AVAILABLE:
        pytest.skip(f"{request.param} does not answer; see tests/databases.py")
    CurrentDatabase.alias = request.param
    yield request.param
    CurrentDatabase.alias = "default"
