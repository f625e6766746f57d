"""The page with all avatars of a member."""

from __future__ import annotations

from django.contrib.auth.models import User

from django_avaturn.models import Avatar

from .cases import MemberTests


class GalleryTests(MemberTests):
    def test_each_avatar_has_a_card(self) -> None:
        for status in ("ready", "processing", "failed"):
            self.avaturn.make_avatar(self.ada, status=status)
        page = self.text_of("/avatars/")
        self.assertEqual(page.count('class="avaturn-card"'), 3)

    def test_another_one_is_made_active(self) -> None:
        first = self.avaturn.make_avatar(self.ada)
        second = self.avaturn.make_avatar(self.ada, active=False)
        self.assertTrue(first.active)
        self._act(second, "activate")
        second.refresh_from_db()
        self.assertTrue(second.active)

    def test_deleting_one_deletes_it_at_avaturn(self) -> None:
        kept = self.avaturn.make_avatar(self.ada)
        deleted = self.avaturn.make_avatar(self.ada)
        self._act(deleted, "delete")
        self.avaturn.settle()
        self.assertEqual(self.avaturn.calls, ["deleteUserAvatar"])
        [remote] = self.avaturn.sandbox.users.values()
        self.assertEqual(list(remote.avatars), [str(kept.pk)])

    def test_a_deletion_outlasts_an_outage(self) -> None:
        avatar = self.avaturn.make_avatar(self.ada)
        with self.avaturn.down():
            self._act(avatar, "delete")
            self.avaturn.settle()
        self.assertFalse(Avatar.objects.exists())
        self.avaturn.settle()
        [remote] = self.avaturn.sandbox.users.values()
        self.assertEqual(remote.avatars, {})

    def test_nobody_acts_on_anothers_avatar(self) -> None:
        foreign = self.avaturn.make_avatar(User.objects.create_user("eve"))
        for action in ("activate", "delete"):
            self._act(foreign, action, status=404)
        self.assertTrue(Avatar.objects.filter(pk=foreign.pk).exists())
        self.assertEqual(self.avaturn.calls, [])

    def _act(self, avatar: Avatar, action: str, status: int = 302) -> None:
        data = {"avatar": avatar.pk, "action": action, "next": "/avatars/"}
        self.text(self.client.post("/avatar/", data), status)
