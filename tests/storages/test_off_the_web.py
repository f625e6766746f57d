"""Storages that have no addresses: what is stored there is not shown, and breaks no page."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from django_avaturn.contrib.django_avatar import PortraitAvatarProvider
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar
from tests import cards


class Everybody(AvaturnHooks):
    """All may see all."""

    def may_view(self, user, avatar):
        return True


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    off = {"BACKEND": "tests.admin.storages.OffTheWeb"}
    settings.STORAGES = {**settings.STORAGES, "default": off}


@pytest.fixture
def avatar(ann) -> Avatar:
    """Ann's active one, with all its files."""
    return cards.activate(cards.card(ann, portrait="ready"))


def render(rf, user, tag):
    request = rf.get("/")
    request.user = user
    context = Context({"request": request, "user": user})
    return Template("{% load avaturn %}" + tag).render(context)


def test_gallery_has_neither_picture_nor_download(as_ann, avatar):
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert 'data-state="ready"' in page
    assert "<img" not in page
    assert "download=" not in page
    assert cards.buttons(page) == {"delete"}


@pytest.mark.parametrize(
    ("state", "offered"),
    [("renewing", {"activate", "delete"}), ("outdated", {"activate", "fetch", "delete"})],
)
def test_gallery_knows_what_is_stored(as_ann, ann, state, offered):
    avatar = cards.card(ann, state)
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert f'data-state="{state}"' in page
    assert cards.buttons(page) == offered


def test_gallery_lets_an_unconfirmed_avatar_be_made_active(as_ann, ann):
    """The site has its model, which is all that this asks for."""
    avatar = cards.card(ann, avaturn_id="")
    page = cards.part(as_ann.get(cards.PAGE).text, avatar)
    assert cards.buttons(page) == {"activate", "delete"}


def test_portrait_is_initials(rf, ann, avatar):
    html = render(rf, ann, "{% avaturn_portrait user %}")
    assert ">A</text>" in html
    assert 'role="img"' in html
    assert "<img" not in html


def test_viewer_is_empty(rf, ann, avatar):
    html = render(rf, ann, "{% avaturn_viewer user %}")
    assert 'data-src=""' in html
    assert "<img" not in html
    assert "<noscript" not in html


@pytest.mark.parametrize("path", ["avatars/", "avatars/{pk}/", "profile/"])
def test_rest_tells_no_address(as_ann, avatar, path):
    told = as_ann.get(f"/avatar/{path.format(pk=avatar.pk)}").json()
    told = (told.get("results") or told.get("avatars") or [told])[0]
    assert told["model"]["url"] is None
    assert (told["portrait"]["url"], told["portrait"]["thumbnail"]) == (None, None)
    assert told["model"]["state"] == told["portrait"]["state"] == "ready"


@pytest.mark.parametrize("size", [48, 512])
def test_django_avatar_asks_the_next_provider(ann, avatar, configure, size):
    configure(HOOKS=f"{__name__}.Everybody")
    assert PortraitAvatarProvider.get_avatar_url(ann, size) is None
