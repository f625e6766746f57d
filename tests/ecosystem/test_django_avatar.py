"""django-avatar's tags show the portrait, through the provider."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from avatar.models import Avatar as Upload
from django.core.files.base import ContentFile
from django.template import Context, Template

from django_avaturn import services
from django_avaturn.models import Avatar
from tests.services.test_portraits import picture


def shown(user: Any, tag: str = "avatar user 48") -> str:
    """The address in the tag's picture."""
    html = Template("{% load avatar_tags %}{% " + tag + " %}").render(Context({"user": user}))
    found = re.search(r'src="([^"]*)"', html)
    return found[1] if found else html


@pytest.fixture
def portrait(ann: Any, stored: Any) -> Any:
    return stored(ann).portrait


def test_portrait_is_shown_and_renewed_and_gone(ann, portrait):
    assert shown(ann) == shown(ann, "avatar_url user 48") == portrait.thumbnail.url
    assert shown(ann, "avatar user 300") == portrait.file.url
    avatar = portrait.avatar
    services.record_export(ann, avatar.pk, {})
    avatar = Avatar.objects.get(pk=avatar.pk)
    newer = services.store_portrait(avatar, BytesIO(picture()), avatar.model.version)
    assert newer.thumbnail.url != portrait.thumbnail.url
    assert shown(ann) == newer.thumbnail.url
    services.delete_avatar(avatar)
    assert shown(ann) == "/static/community/nobody.svg"


def test_upload_stands_in_where_there_is_no_portrait(ann, bob, portrait):
    for user in (ann, bob):
        Upload.objects.create(user=user, avatar=ContentFile(picture(), "face.png"), primary=True)
    assert shown(ann) == portrait.thumbnail.url
    assert shown(bob).startswith(f"/media/avatars/{bob.pk}/resized/48/48/")


def test_portrait_that_not_all_may_see_is_not_shown(ann, portrait, configure):
    configure(HOOKS="django_avaturn.hooks.AvaturnHooks")
    assert shown(ann) == "/static/community/nobody.svg"


def test_members_in_a_list_cost_nothing_each(ann, bob, portrait, django_assert_num_queries):
    users = type(ann).objects.prefetch_related("avaturn_profile__active_avatar__files")
    members = list(users.filter(pk__in=[ann.pk]))
    with django_assert_num_queries(0):
        assert shown(members[0]) == portrait.thumbnail.url
