"""Sites that nothing configures but the test itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.test import override_settings

from django_avaturn.conf import Settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for option in Settings.options():
        monkeypatch.delenv(option.variable, raising=False)
    with override_settings(DEBUG=False):
        yield


@pytest.fixture
def urlconf(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An empty URLconf of the site's."""
    module = ModuleType("site_urls")
    module.urlpatterns = []
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module
