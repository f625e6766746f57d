"""The fixtures for pytest, through its entry point.

Loaded in each run of whoever has the package installed, whether they use Django or not: hence
nothing of Django, or of this app, is imported before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .testing import Avaturn, LiveAvaturn

MISSING = (
    "The fixtures of django-avaturn need pytest-django, for settings and the database: "
    "pip install pytest-django, and set DJANGO_SETTINGS_MODULE. Without it there is the context "
    "manager django_avaturn.testing.Avaturn."
)

if find_spec("pytest_django"):

    @pytest.fixture
    def avaturn(db: None, settings: Any) -> Iterator[Avaturn]:
        """Avaturn within the process: no socket, no network. See ``django_avaturn.testing``."""
        from .testing import Avaturn

        with _with_fixture(Avaturn, settings)() as avaturn:
            yield avaturn

    @pytest.fixture
    def avaturn_live(
        live_server: Any, transactional_db: None, settings: Any
    ) -> Iterator[LiveAvaturn]:
        """Avaturn on a port of this machine, for tests in a browser on ``live_server``."""
        from .testing import LiveAvaturn

        with _with_fixture(LiveAvaturn, settings)(live_server.url) as avaturn:
            yield avaturn

else:

    @pytest.fixture
    def avaturn() -> None:
        """Says what is missing."""
        pytest.fail(MISSING, pytrace=False)

    @pytest.fixture
    def avaturn_live() -> None:
        """Says what is missing."""
        pytest.fail(MISSING, pytrace=False)


def _with_fixture(kind: type[Any], settings: Any) -> type[Any]:
    """Sets settings through the fixture, which sets all back in the order that is right.

    It keeps a stack: an override of ours in the midst of a test's own would come off too early.
    """

    class WithFixture(kind):  # type: ignore[misc]
        def _override(self, values: Mapping[str, Any]) -> AbstractContextManager[object]:
            for name, value in values.items():
                setattr(settings, name, value)
            return nullcontext()

    return WithFixture
