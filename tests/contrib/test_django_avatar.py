"""The provider for django-avatar. It is tried with django-avatar itself in ``tests/ecosystem``."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from django_avaturn import jobs, services
from django_avaturn.contrib.django_avatar import PortraitAvatarProvider
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile
from tests.services.test_portraits import picture

pytestmark = pytest.mark.django_db(transaction=True)

address = PortraitAvatarProvider.get_avatar_url


class Everybody(AvaturnHooks):
    """All may see all."""

    def may_view(self, user, avatar):
        return True


class Members(AvaturnHooks):
    """Those who are logged in may."""

    def may_view(self, user, avatar):
        return user.is_authenticated


@pytest.fixture
def avatar(ann, sandbox, configure) -> Avatar:
    configure(HOOKS=f"{__name__}.Everybody")
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.record_export(ann, avatar_id, {})
    jobs.run_due(AvatarFile)
    avatar = Avatar.objects.get(pk=avatar_id)
    services.store_portrait(avatar, BytesIO(picture()), avatar.model.version)
    return Avatar.objects.get(pk=avatar_id)


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((48,), True),
        ((128, 128), True),
        ((128, 129), False),
        ((80, None), True),
        ((200, 50), False),
    ],
)
def test_smallest_picture_that_is_large_enough(avatar, ann, size, small):
    portrait = avatar.portrait
    assert portrait.file.url != portrait.thumbnail.url
    assert address(ann, *size) == (portrait.thumbnail if small else portrait.file).url


def test_large_one_where_there_is_no_small_one(avatar, ann):
    AvatarFile.objects.filter(pk=avatar.portrait.pk).update(thumbnail="")
    assert address(ann, 48) == avatar.portrait.file.url


@pytest.mark.parametrize("hooks", ["django_avaturn.hooks.AvaturnHooks", f"{__name__}.Members"])
def test_nobody_s_portrait_where_not_all_may_see_it(avatar, ann, configure, hooks):
    configure(HOOKS=hooks)
    assert address(ann, 48) is None


def test_site_may_decide_otherwise(avatar, ann, configure):
    configure(HOOKS="django_avaturn.hooks.AvaturnHooks")

    class Provider(PortraitAvatarProvider):
        @classmethod
        def may_show(cls, avatar):
            return avatar.profile.user.email == "ann@example.com"

    assert Provider.get_avatar_url(ann, 48) == avatar.portrait.thumbnail.url


def test_nothing_where_there_is_no_portrait(avatar, ann, bob):
    assert address(bob, 48) is None
    assert address(AnonymousUser(), 48) is None
    AvatarFile.objects.filter(pk=avatar.portrait.pk).update(file="", thumbnail="")
    assert address(ann, 48) is None
    services.delete_avatar(avatar)
    assert address(ann, 48) is None


def test_queries(avatar, ann, django_assert_num_queries):
    with django_assert_num_queries(2):
        address(get_user_model()(pk=ann.pk), 48)
    users = get_user_model().objects.prefetch_related("avaturn_profile__active_avatar__files")
    known, wanted = users.get(pk=ann.pk), avatar.portrait.thumbnail.url
    with django_assert_num_queries(0):
        assert address(known, 48) == wanted
