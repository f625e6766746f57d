"""``{% avaturn_portrait %}``: who sees which face, at what cost."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.template import Context, Template

from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Guest
from django_avaturn.portrait import initials


class Open(AvaturnHooks):
    """Everybody may see everybody."""

    def may_view(self, user, avatar):
        return True


@pytest.fixture
def face(ann, sandbox):
    """Ann's active avatar with a stored portrait."""
    profile = AvaturnProfile.objects.create(user=ann)
    avatar = Avatar.objects.create(profile=profile, status="ready")
    profile.active_avatar = avatar
    profile.save()
    row = AvatarFile(avatar=avatar, kind="portrait", state="ready", sha256="a" * 64)
    row.file.save("p.webp", ContentFile(b"large"), save=False)
    row.thumbnail.save("p.webp", ContentFile(b"small"), save=False)
    row.save()
    return row


def render(rf, user, viewer, tag="{% avaturn_portrait user size=48 %}"):
    request = rf.get("/")
    request.user = viewer
    return Template("{% load avaturn %}" + tag).render(Context({"request": request, "user": user}))


def test_own_portrait(rf, ann, face, django_assert_num_queries):
    user = get_user_model().objects.get()
    with django_assert_num_queries(2):
        html = render(rf, user, user)
    assert f'src="{face.file.url}"' in html
    assert f'srcset="{face.thumbnail.url} 128w, {face.file.url} 512w" sizes="48px"' in html
    assert 'width="48" height="48" alt="Portrait of ann" loading="lazy"' in html
    assert "data-own" in html
    assert "<avaturn-files" not in html


def test_one_of_picture_and_initials_is_read(rf, ann, bob, face):
    """The name of the initials is there for when the picture goes."""
    initials = 'role="img" aria-label="Portrait of ann"'
    assert f'{initials} aria-hidden="true">' in render(rf, ann, ann)
    assert f"{initials}>" in render(rf, ann, bob)


@pytest.mark.parametrize("viewer", ["bob", "nobody", "none"])
def test_others_see_initials(rf, ann, bob, face, viewer):
    html = render(rf, ann, {"bob": bob, "nobody": AnonymousUser(), "none": None}[viewer])
    for told in (face.file.name, face.thumbnail.name, str(face.avatar_id), "<img"):
        assert told not in html
    assert ">A</text>" in html
    assert "data-own" not in html


def test_hook_lets_others_see_it(rf, ann, bob, face, configure):
    configure(HOOKS=f"{__name__}.Open")
    html = render(rf, ann, bob)
    assert face.file.url in html
    assert "data-own" not in html


def test_list_of_users_costs_no_query_each(
    rf, ann, bob, face, configure, django_assert_num_queries
):
    configure(HOOKS=f"{__name__}.Open")
    users = list(get_user_model().objects.prefetch_related("avaturn_profile__active_avatar__files"))
    with django_assert_num_queries(0):
        html = [render(rf, user, bob) for user in users]
    assert sum(face.file.url in one for one in html) == 1


def test_pending_files_are_followed(rf, ann, face):
    AvatarFile.objects.update(state="pending")
    html = render(rf, ann, ann)
    assert f'data-pending="{face.avatar_id}"' in html
    assert face.file.url in html  # the old picture, until the new one is there


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("ann", "A"),
        ("Ann Lee", "AL"),
        ("ann.lee", "AL"),
        ("ann-marie van der berg", "AB"),
        ("élodie", "É"),
        ("张伟", "张"),
        ("_", "?"),
        ("", "?"),
        ("<script>", "?"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_users_may_log_in_with_a_number(rf, ann, monkeypatch):
    monkeypatch.setattr(get_user_model(), "get_username", lambda self: 4711)
    html = render(rf, ann, ann)
    assert ">4</text>" in html
    assert 'aria-label="Portrait of 4711"' in html


def test_names_are_escaped(rf, ann):
    ann.first_name, ann.last_name = '"><script>alert(1)</script>', "& Co"
    html = render(rf, ann, ann)
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_unknown_argument_is_named(rf, ann):
    with pytest.raises(Exception, match="sice"):
        render(rf, ann, ann, "{% avaturn_portrait user sice=3 %}")


def test_user_without_profile_and_anonymous_user(rf, bob):
    assert ">B</text>" in render(rf, bob, bob)
    assert ">?</text>" in render(rf, AnonymousUser(), bob)


@pytest.mark.parametrize("guests", [False, True])
def test_nobody_is_a_stranger_to_all(rf, bob, settings, guests, django_assert_num_queries):
    """The author of a page, say, who has been deleted."""
    settings.AVATURN = {"ALLOW_GUESTS": guests}
    with django_assert_num_queries(0):
        for viewer in (bob, AnonymousUser(), Guest("secret")):
            html = render(rf, None, viewer)
            assert ">?</text>" in html
            assert 'aria-label="Portrait"' in html
            assert "data-own" not in html


@pytest.mark.parametrize("nobody", [None, "", "ann", AnonymousUser()], ids=str)
def test_nobody_has_no_letters(rf, nobody):
    """A variable that a template does not have is an empty text."""
    html = render(rf, nobody, None)
    assert ">?</text>" in html
    assert "<img" not in html
