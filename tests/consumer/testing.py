"""What a site's own tests do, with pytest and with unittest."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import LiveServerTestCase, TestCase

from django_avaturn import models
from django_avaturn.testing import (
    Avaturn,
    AvaturnMixin,
    LiveAvaturn,
    LiveAvaturnMixin,
    OutsideHost,
)


def days(avaturn: Avaturn, ann: User) -> list[str]:
    """Good and bad ones."""
    profile: models.AvaturnProfile = avaturn.make_profile(ann)
    avatar: models.Avatar = avaturn.make_avatar(ann, gender="female", files=False)
    avaturn.set_status(avatar, "failed")
    avaturn.fail_next("openSession", times=2, status=500)
    with avaturn.down():
        avaturn.settle(retry_failed=True)
    saved: models.Avatar = avaturn.export(ann, body="body_1", hair_color="#c9482b")
    answer = avaturn.post_webhook(saved, "ready")
    statuses: list[int] = [*avaturn.deliver_webhooks(), answer.status_code]
    calls: list[str] = avaturn.calls
    avaturn.forget_calls()
    return [str(profile.pk), *calls] if statuses and avaturn.photos() else []


def without_a_test_case(ann: User) -> str:
    """In a script, say, or another framework."""
    try:
        with Avaturn(ALLOW_GUESTS=True) as avaturn:
            return str(avaturn.make_avatar(ann).pk)
    except OutsideHost as error:
        return str(error)


class ProfileTests(AvaturnMixin, TestCase):
    """One Avaturn for the class."""

    def test_nothing_is_asked(self) -> None:
        """By a page."""
        self.assertEqual(self.avaturn.calls, [])


class EditorTests(LiveAvaturnMixin, LiveServerTestCase):
    """For a browser."""

    def test_the_editor_is_there(self) -> None:
        """At an address of this machine."""
        live: LiveAvaturn = self.avaturn
        self.assertTrue(live.calls == [])
