"""A real browser, the site and the sandbox on two origins, the SDK unmodified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from django_avaturn.hooks import AvaturnHooks
from django_avaturn.sandbox import Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
def log_in(live_server: Any, context: BrowserContext, client: Any) -> Callable[[Any], None]:
    """Give the browser a session of this user."""

    def log_in(user: Any) -> None:
        client.force_login(user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        context.add_cookies([{**cookie, "url": live_server.url}])

    return log_in


@pytest.fixture
def events(page: Page) -> Callable[[], list[str]]:
    """Names of the element's events so far, after ``page.goto``."""
    page.add_init_script(
        """
        window.heard = [];
        for (const name of ["ready", "export", "saved", "error", "close"])
          addEventListener(`avaturn:${name}`, () => heard.push(name), true);
        """
    )
    return lambda: page.evaluate("window.heard")


class NoPictures(AvaturnHooks):
    """Browsers take no portraits: most tests are about something else."""

    def portrait_scenes(self, avatar: Any) -> tuple[str, ...]:
        return ()


@pytest.fixture
def visitor(
    live_server: Any, sandbox: Sandbox, ann: Any, log_in: Any, page: Page, configure: Any
) -> Page:
    """Ann's browser, logged in, on no page yet."""
    configure(HOOKS=f"{__name__}.NoPictures")
    log_in(ann)
    return page


@pytest.fixture
def quiet(visitor: Page, quiet_page: Page) -> Page:
    """The same, and its console must not complain of anything."""
    return visitor
