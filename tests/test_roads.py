"""Every road on which avatars are deleted, while Avaturn is down; their files go at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, FileDeletion, RemoteDeletion
from tests import cards

pytestmark = pytest.mark.django_db(transaction=True)

AVATARS = 2


@pytest.fixture
def avatars(ann: Any, sandbox: Any, configure: Any) -> list[Avatar]:
    """Ann's, with models, portraits and thumbnails; Avaturn has gone down since."""
    profile = services.get_profile(ann)
    for _ in range(AVATARS):
        sandbox.add_avatar(profile.avaturn_id)
    services.sync_profile(profile)
    avatars = list(profile.avatars.all())
    for avatar in avatars:
        for kind in ("model", "portrait"):
            row = AvatarFile(avatar=avatar, kind=kind, state="ready", stored_at=timezone.now())
            row.thumbnail.save("small.webp", ContentFile(b"small"), save=False)
            row.file.save("large.webp", ContentFile(b"large"))
    services.activate_avatar(avatars[0])
    configure(API_URL="http://127.0.0.1:9")
    sandbox.calls.clear()
    return avatars


def stored(settings: Any) -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def in_admin(*rows: Any) -> None:
    """Choose the rows of a list, and say yes."""
    boss = get_user_model().objects.create_superuser("boss", password="secret")
    options = rows[0]._meta
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in rows]}
    list_of = f"/admin/{options.app_label}/{options.model_name}/"
    assert browser(boss).post(list_of, {**chosen, "post": "yes"}).status_code == 302


def on_its_page(row: Any) -> None:
    boss = get_user_model().objects.create_superuser("boss", password="secret")
    page = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/delete/"
    assert browser(boss).post(page, {"post": "yes"}).status_code == 302


def by_rest(user: Any, *routes: str) -> None:
    for route in routes:
        assert browser(user).delete(f"/avatar/{route}/").status_code == 204


def in_gallery(user: Any, avatars: list[Avatar]) -> None:
    for avatar in avatars:
        assert cards.post(browser(user), avatar, "delete").status_code == 302


# What the road deletes: each avatar by itself, or the user with all of them.
SINGLE = {
    "admin, avatars": lambda user, avatars: in_admin(*avatars),
    "admin, an avatar's page": lambda user, avatars: [on_its_page(avatars[0]), avatars[1].delete()],
    "shell": lambda user, avatars: [avatar.delete() for avatar in avatars],
    "queryset": lambda user, avatars: Avatar.objects.filter(profile__user=user).delete(),
    "related manager": lambda user, avatars: user.avaturn_profile.avatars.all().delete(),
    "services": lambda user, avatars: [services.delete_avatar(avatar) for avatar in avatars],
    "DELETE avatars/<id>/": lambda user, avatars: by_rest(
        user, *(f"avatars/{avatar.pk}" for avatar in avatars)
    ),
    "gallery": in_gallery,
}
WHOLE = {
    "admin, users": lambda user, avatars: in_admin(user),
    "admin, a user's page": lambda user, avatars: on_its_page(user),
    "admin, profiles": lambda user, avatars: in_admin(user.avaturn_profile),
    "shell, user": lambda user, avatars: user.delete(),
    "shell, profile": lambda user, avatars: user.avaturn_profile.delete(),
    "queryset of users": lambda user, avatars: get_user_model().objects.all().delete(),
    "queryset of profiles": lambda user, avatars: AvaturnProfile.objects.all().delete(),
    "erase": lambda user, avatars: services.erase(user),
    "DELETE profile/": lambda user, avatars: by_rest(user, "profile"),
}


@pytest.mark.parametrize("road", [*SINGLE, *WHOLE])
def test_road(road, ann, avatars, sandbox, settings):
    assert stored(settings) == 4 * AVATARS
    remote_id, ids = avatars[0].avaturn_id, [avatar.pk for avatar in avatars]
    {**SINGLE, **WHOLE}[road](ann, avatars)
    assert not Avatar.objects.exists()
    assert not AvatarFile.objects.exists()
    assert stored(settings) == 0
    assert not FileDeletion.objects.exists()
    due = RemoteDeletion.objects.due()
    if road in SINGLE:
        wanted = {(remote_id, avatar_id) for avatar_id in ids}
        assert AvaturnProfile.objects.get(user=ann).active_avatar is None
    else:
        wanted = {(remote_id, None)}
        assert not AvaturnProfile.objects.exists()
    assert set(due.values_list("avaturn_id", "avatar_id")) == wanted
    assert due.count() == len(wanted)
    assert sandbox.calls == []
