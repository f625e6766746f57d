"""The mixins, as their users write them."""

import pytest
from django.contrib.auth import get_user_model
from django.test import LiveServerTestCase, SimpleTestCase, TestCase, TransactionTestCase
from django.urls import reverse

from django_avaturn import services
from django_avaturn.client import AvaturnClient
from django_avaturn.conf import settings
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.models import Avatar
from django_avaturn.testing import Avaturn, AvaturnMixin, LiveAvaturn, LiveAvaturnMixin, OutsideHost


class GalleryTests(AvaturnMixin, TestCase):
    """Both tests do the same, and each finds what `setUpTestData` has left."""

    avaturn_settings = {"ALLOW_GUESTS": True}

    @classmethod
    def setUpTestData(cls):
        cls.ann = get_user_model().objects.create_user("ann")
        cls.avatar = cls.avaturn.make_avatar(cls.ann)

    def _delete(self):
        assert settings.ALLOW_GUESTS and settings.GUEST_DAYS == 14
        self.avaturn.configure(GUEST_DAYS=3)
        assert list(self.avaturn.sandbox.users[self.avatar.avaturn_id].avatars)
        self.client.force_login(self.ann)
        assert self.avatar.model.file.read()[:4] == b"glTF"
        self.client.delete(reverse("avaturn:avatar-detail", args=[self.avatar.pk]))
        assert not Avatar.objects.exists() and self.avaturn.calls == []
        self.avaturn.settle()
        assert self.avaturn.calls == ["deleteUserAvatar"]
        assert not self.avaturn.sandbox.users[self.avatar.avaturn_id].avatars
        assert not self.avaturn._files

    def test_deletion(self):
        self._delete()

    def test_deletion_once_more(self):
        self._delete()


class CommitTests(AvaturnMixin, TransactionTestCase):
    def test_an_export(self):
        ann = get_user_model().objects.create_user("ann")
        self.avaturn.export(ann)
        self.avaturn.settle()
        assert Avatar.objects.get().model.file

    def test_the_next_one_finds_nothing(self):
        assert not self.avaturn.sandbox.users and not Avatar.objects.exists()


class PlainTests(AvaturnMixin, SimpleTestCase):
    def test_the_client(self):
        user = services.get_client().create_user()
        assert list(self.avaturn.sandbox.users) == [user.id]
        assert self.avaturn.calls == ["createUser"]


class LiveTests(LiveAvaturnMixin, LiveServerTestCase):
    def test_an_outage(self):
        with self.avaturn.down(), pytest.raises(AvaturnUnavailable):
            services.get_client().create_user()
        assert not self.avaturn.sandbox.users
        with pytest.raises(OutsideHost):
            AvaturnClient("token", base_url="http://localhost:9").create_user()
        self.avaturn._fence.astray.clear()
        services.get_client().create_user()
        assert len(self.avaturn.sandbox.users) == 1

    def test_the_site_and_avaturn_talk_over_sockets(self):
        ann = get_user_model().objects.create_user("ann")
        self.avaturn.export(ann)
        self.avaturn.settle()
        avatar = Avatar.objects.get()
        assert avatar.model.file and avatar.portrait.file
        assert self.avaturn.origin.startswith("http://127.0.0.1:")
        assert {200} == {one for hook in self.avaturn.sandbox.webhooks for one in hook.answers}


@pytest.mark.parametrize(
    ("case", "mixin"), [(TestCase, AvaturnMixin), (LiveServerTestCase, LiveAvaturnMixin)]
)
def test_behind_djangos_class_it_says_so(case, mixin):
    with pytest.raises(TypeError, match=f"{mixin.__name__} has to come before {case.__name__}"):
        type("Tests", (case, mixin), {})


def test_what_is_there_for_everybody():
    assert issubclass(LiveAvaturn, Avaturn)
