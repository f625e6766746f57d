"""The site of ``settings.py`` as people use it: members, staff, pages, browsers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from playwright.sync_api import BrowserContext, Page

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile
from django_avaturn.sandbox import Sandbox, SandboxServer
from tests.ecosystem.pages import run
from tests.ecosystem.policy import policy
from tests.services.test_portraits import picture

PRINTED = dict(django_settings.AVATURN)

names: dict[str, Any] = {"__name__": __name__}
run("hooks.py", names)
Hooks: Any = names["Hooks"]


class WithoutPictures(Hooks):
    """No browser has to take portraits, which takes its time."""

    def portrait_scenes(self, avatar: Avatar) -> tuple[str, ...]:
        return ()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/ecosystem/" in item.path.as_posix():
            item.add_marker(pytest.mark.django_db(transaction=True))
            # unfold's own affair, on Django 6.1
            item.add_marker(pytest.mark.filterwarnings("ignore:Overriding get_action_choices"))


@pytest.fixture(autouse=True)
def site(
    sandbox: Sandbox, sandbox_server: SandboxServer, settings: Any, configure: Any, tmp_path: Path
) -> Any:
    """The settings as they are printed, with the sandbox for Avaturn."""
    configure(**{**PRINTED, **settings.AVATURN, "HOOKS": f"{__name__}.Hooks"})
    for name, value in policy(sandbox_server.url).items():
        setattr(settings, name, value)
    return settings


@pytest.fixture
def ann(db: None) -> Any:
    return get_user_model().objects.create_user("ann@example.com", "secret")


@pytest.fixture
def bob(db: None) -> Any:
    return get_user_model().objects.create_user("bob@example.com", "secret")


@pytest.fixture
def boss(db: None) -> Any:
    return get_user_model().objects.create_superuser("boss@example.com", "secret")


@pytest.fixture
def stored(sandbox: Sandbox, settings: Any, configure: Any) -> Callable[..., Avatar]:
    """An avatar of somebody's with model and portrait in the storage."""

    def make(owner: Any) -> Avatar:
        before = settings.AVATURN
        configure(HOOKS=f"{__name__}.Hooks")
        avatar_id = UUID(sandbox.add_avatar(services.get_profile(owner).avaturn_id))
        services.record_export(owner, avatar_id, {})
        jobs.run_due(AvatarFile)
        avatar = Avatar.objects.get(pk=avatar_id)
        services.store_portrait(avatar, BytesIO(picture()), avatar.model.version)
        settings.AVATURN = before
        return Avatar.objects.get(pk=avatar_id)

    return make


@pytest.fixture
def without_pictures(configure: Callable[..., None]) -> None:
    """Browsers take none from here on."""
    configure(HOOKS=f"{__name__}.WithoutPictures")


@pytest.fixture
def log_in(live_server: Any, context: BrowserContext, client: Any) -> Callable[[Any], None]:
    """Give the browser a session of this user."""

    def log_in(user: Any) -> None:
        client.force_login(user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        context.add_cookies([{**cookie, "url": live_server.url}])

    return log_in


@pytest.fixture
def as_member(ann: Any, log_in: Callable[[Any], None], quiet_page: Page) -> Page:
    """Ann's browser, whose console must not complain of anything."""
    log_in(ann)
    return quiet_page
