"""Leaving takes everything along, and visitors can take their avatar in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase

from django_avaturn.models import Avatar
from django_avaturn.testing import AvaturnMixin

from .cases import MemberTests


class DeletionTests(MemberTests):
    def test_the_account_goes_with_all_avatars(self) -> None:
        self.avaturn.make_avatar(self.ada)
        self.assertIn("at Avaturn", self.text_of("/account/delete/"))
        self.client.post("/account/delete/")
        self.avaturn.settle()
        self.assertFalse(User.objects.exists() or Avatar.objects.exists())
        self.assertEqual(self.avaturn.calls, ["deleteUser"])
        self.assertEqual(self.avaturn.sandbox.users, {})


class VisitorTests(AvaturnMixin, TestCase):
    avaturn_settings = {"ALLOW_GUESTS": True}

    def test_signing_up_keeps_the_avatar(self) -> None:
        avatar = self.avaturn.export(client=self.client)
        self.assertContains(self.client.get("/try/"), "Sign up to keep it")
        password = "a-long-Secret-7"
        form = {"username": "grace", "password1": password, "password2": password}
        page = self.client.post("/sign-up/", form, follow=True)
        self.assertContains(page, "Your avatar is yours now.")
        self.assertEqual(Avatar.objects.get(), avatar)
        self.assertEqual(Avatar.objects.of(User.objects.get()).count(), 1)


class FreePlanTests(MemberTests):
    def setUp(self) -> None:
        super().setUp()
        self.avaturn.use_free_plan()

    def test_an_avatar_is_kept_here(self) -> None:
        avatar = self.avaturn.export(self.ada)
        self.assertIn("Not on this plan", self.text_of("/studio/"))
        self.assertIn(str(avatar.pk), self.text_of("/avatars/"))
        self.assertEqual(self.avaturn.calls, ["downloadExport"])
