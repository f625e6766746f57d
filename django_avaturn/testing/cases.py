"""For tests in the style of unittest."""

from __future__ import annotations

import unittest
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.test import SimpleTestCase

from .avaturn import Avaturn
from .live import LiveAvaturn

if TYPE_CHECKING:
    from django.test import LiveServerTestCase as LiveBase
    from django.test import SimpleTestCase as Base
else:
    Base = LiveBase = object


class AvaturnMixin(Base):
    """Gives a test case an Avaturn of its own, as ``self.avaturn``.

    It comes before Django's class: ``class ProfileTests(AvaturnMixin, TestCase)``. What
    ``setUpTestData`` makes with ``cls.avaturn`` is there in each test, as it is in the database;
    what a test does at Avaturn, the next one does not see.

    Attributes:
        avaturn_settings: keys of the site's ``AVATURN`` that are to differ in these tests.
    """

    avaturn: ClassVar[Avaturn]
    avaturn_settings: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _require_first(cls, AvaturnMixin)

    @classmethod
    def setUpClass(cls) -> None:
        """Begin before ``setUpTestData``."""
        cls.avaturn = cls.enterClassContext(Avaturn(**cls.avaturn_settings))
        super().setUpClass()

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test, and go back to what ``setUpTestData`` has left."""
        with self.avaturn.checkpoint():
            outcome: unittest.TestResult | None = super().run(result)
        return outcome


class LiveAvaturnMixin(LiveBase):
    """The same for a ``LiveServerTestCase``, with a real browser: see `LiveAvaturn`.

    It comes before Django's class: ``class EditorTests(LiveAvaturnMixin, LiveServerTestCase)``.
    """

    avaturn: ClassVar[LiveAvaturn]
    avaturn_settings: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _require_first(cls, LiveAvaturnMixin)

    @classmethod
    def setUpClass(cls) -> None:
        """Begin as soon as the site has an address."""
        super().setUpClass()
        live = LiveAvaturn(cls.live_server_url, **cls.avaturn_settings)
        cls.avaturn = cls.enterClassContext(live)

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test, and forget what it has done."""
        with self.avaturn.checkpoint():
            outcome: unittest.TestResult | None = super().run(result)
        return outcome


def _require_first(cls: type, mixin: type) -> None:
    """Behind Django's class it would not be asked for anything."""
    before = cls.__mro__[1 : cls.__mro__.index(mixin)]
    for one in before:
        if issubclass(one, SimpleTestCase) and not issubclass(one, mixin):
            raise TypeError(
                f"class {cls.__name__}: {mixin.__name__} has to come before {one.__name__}."
            )
