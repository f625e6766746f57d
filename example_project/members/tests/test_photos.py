"""An avatar from three photos, and what this site's hooks have it wear."""

from __future__ import annotations

from django.urls import reverse

from django_avaturn import services
from django_avaturn.models import Avatar
from members.hooks import DRESS, HOODIE

from .cases import MemberTests


class PhotoTests(MemberTests):
    def test_the_page_asks_for_three(self) -> None:
        page = self.text_of("/photos/")
        self.assertIn("<avaturn-photos", page)

    def test_an_avatar_comes_of_them(self) -> None:
        answer = self._send("female")
        self.assertEqual(self.avaturn.calls, ["createUser", "createAvatar", "uploadPhotos"])
        self.assertIn(answer["id"], self.text_of("/avatars/"))
        self.avaturn.settle()
        avatar = Avatar.objects.get()
        self.assertTrue(avatar.active)
        self.assertTrue(avatar.model and avatar.model.file)

    def test_it_does_not_come_naked(self) -> None:
        for body_type, clothes in (("female", DRESS), ("male", HOODIE)):
            with self.subTest(body_type):
                answer = self._send(body_type)
                self.avaturn.settle()
                avatar = Avatar.objects.get(pk=answer["id"])
                worn = services.get_customization(avatar).assets["clothing"]
                assert worn
                self.assertEqual(str(worn.id), clothes)

    def test_avaturn_may_fail(self) -> None:
        self.avaturn.sandbox.fail_avatars = 1
        self._send("male")
        self.avaturn.settle()
        self.assertEqual(Avatar.objects.get().status, "failed")

    def _send(self, body_type: str) -> dict[str, str]:
        form = self.avaturn.photos(body_type)
        response = self.client.post(reverse("avaturn:avatar-list"), form)
        self.assertEqual(response.status_code, 201)
        answer: dict[str, str] = response.json()
        return answer
