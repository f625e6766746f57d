"""The profile page: the editor, and the active avatar beside it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from django_avaturn.models import Avatar

from .cases import MemberTests


def title(avatar: Avatar) -> str:
    """What the pages call an avatar."""
    return f"Avatar {avatar.pk.hex[-4:].upper()}"


class ProfileTests(MemberTests):
    def test_it_invites_who_has_none(self) -> None:
        page = self.text_of("/profile/")
        self.assertIn("No avatar yet", page)
        self.assertIn("<avaturn-editor", page)
        self.assertEqual(self.avaturn.calls, [])  # the page itself asks nobody

    def test_it_shows_the_active_avatar(self) -> None:
        avatar = self.avaturn.make_avatar(self.ada, gender="female")
        page = self.text_of("/profile/")
        self.assertIn(title(avatar), page)
        self.assertInHTML("<dd>Female, body_1</dd>", page)
        assert avatar.model and avatar.portrait
        self.assertIn(f'data-src="{avatar.model.file.url}"', page)
        self.assertIn(f'src="{avatar.portrait.file.url}"', page)

    def test_it_offers_the_studio(self) -> None:
        avatar = self.avaturn.make_avatar(self.ada)
        self.assertIn(f"/studio/?avatar={avatar.pk}", self.text_of("/profile/"))
        self.assertIn(f'data-avatar="{avatar.pk}"', self.text_of(f"/studio/?avatar={avatar.pk}"))

    def test_anothers_avatar_stays_out_of_it(self) -> None:
        foreign = self.avaturn.make_avatar(User.objects.create_user("eve"))
        for path in ("/profile/", "/avatars/"):
            self.assertNotIn(str(foreign.pk), self.text_of(path))
        self.text(self.client.get(f"/studio/?avatar={foreign.pk}"), status=404)


class EditorTests(MemberTests):
    def test_pressing_next_keeps_the_avatar(self) -> None:
        avatar = self.avaturn.export(self.ada, body="body_1")
        self.assertEqual(self.avaturn.calls, ["createUser", "createSession", "listUserAvatars"])
        page = self.text_of("/profile/")
        self.assertIn(title(avatar), page)  # at once, though its files are still to come
        self.assertNotIn(".glb", page)
        self.avaturn.settle()
        self.assertIn(".glb", self.text_of("/profile/"))

    def test_an_avatar_of_somebody_else_cannot_be_claimed(self) -> None:
        self.avaturn.make_avatar(self.ada)
        foreign = self.avaturn.make_avatar(User.objects.create_user("eve"))
        exported = self.avaturn.press_next(self._session())
        address = reverse("avaturn:export-list", args=[foreign.pk])
        told = {**exported, "avatarId": str(foreign.pk)}
        self.text(self.client.post(address, told, content_type="application/json"), status=404)

    def test_when_avaturn_is_down_it_says_so(self) -> None:
        with self.avaturn.down():
            answer = self.client.post(reverse("avaturn:session-list"))
        self.assertEqual(answer.json()["code"], "avaturn_unavailable")
        self.assertIn("<avaturn-editor", self.text_of("/profile/"))

    def _session(self) -> str:
        return str(self.client.post(reverse("avaturn:session-list")).json()["url"])
