"""What the tests have in common: a member, and the text of a page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.test import TestCase

from django_avaturn.testing import AvaturnMixin


class MemberTests(AvaturnMixin, TestCase):
    """Ada is logged in."""

    ada: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ada = User.objects.create_user("ada")

    def setUp(self) -> None:
        self.client.force_login(self.ada)

    def text_of(self, path: str) -> str:
        """A page as the member sees it."""
        return self.text(self.client.get(path))

    def text(self, response: Any, status: int = 200) -> str:
        """What a response says, if it has this status."""
        self.assertEqual(response.status_code, status)
        content: bytes = response.content
        return content.decode()
