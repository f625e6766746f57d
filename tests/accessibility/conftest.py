"""Pages in a browser that is looked over from outside: by axe-core, and by their measures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import log_in, visitor  # noqa: F401 (fixtures)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/accessibility/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
def site(settings: Any, visitor: Page, live_server: Any) -> Page:  # noqa: F811
    """Ann's browser, on a site with pages for all tags; its user wants nothing to move."""
    settings.ROOT_URLCONF = "tests.accessibility.urls"
    visitor.emulate_media(reduced_motion="reduce")
    return visitor


@pytest.fixture
def show_tag(site: Page, live_server: Any) -> Any:
    """Open the page with a tag in it."""

    def show(tag: str) -> Page:
        site.goto(f"{live_server.url}/tag/?{urlencode({'tag': tag})}")
        return site

    return show
