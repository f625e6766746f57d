"""Decisions of the site, and what happens if its class is none."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_avaturn.client import SessionConfig
from django_avaturn.hooks import AvaturnHooks, get_hooks
from django_avaturn.models import Avatar


class Custom(AvaturnHooks):
    def may_view(self, user: Any, avatar: Avatar) -> bool:
        return True

    def session_config(self, user: Any) -> SessionConfig:
        return SessionConfig(type="create")


class Unrelated:
    pass


class Demanding(AvaturnHooks):
    def __init__(self, argument: object) -> None: ...


def test_defaults() -> None:
    hooks = get_hooks()
    assert type(hooks) is AvaturnHooks
    assert hooks.may_open_session(User(is_active=True)) is True
    assert hooks.may_open_session(User(is_active=False)) is False
    assert hooks.may_open_session(AnonymousUser()) is False
    assert hooks.may_view(User(is_active=True), Avatar()) is False
    assert hooks.may_view(User(is_active=True, is_superuser=True), Avatar()) is False
    assert hooks.session_config(User()) == SessionConfig(type="create_or_edit_existing")


def test_a_class_of_the_site() -> None:
    """What it does not override stays as it is, and a change of settings works at once."""
    with override_settings(AVATURN={"HOOKS": f"{__name__}.Custom"}):
        hooks = get_hooks()
        assert type(hooks) is Custom
        assert get_hooks() is not hooks
        assert hooks.may_view(User(), Avatar()) is True
        assert hooks.may_open_session(User(is_active=False)) is False
        assert hooks.session_config(User()).type == "create"
    assert type(get_hooks()) is AvaturnHooks


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere.to.Find", "cannot make"),
        (f"{__name__}.Missing", "cannot make"),
        (f"{__name__}.Demanding", "cannot make"),
        ("os.sep", "cannot make"),
        (f"{__name__}.Unrelated", "must be a subclass"),
        ("NoModule", "must be the dotted path"),
        (Custom, "must be the dotted path"),
    ],
)
def test_no_such_class(path: Any, says: str) -> None:
    with (
        override_settings(AVATURN={"HOOKS": path}),
        pytest.raises(ImproperlyConfigured, match=says) as caught,
    ):
        get_hooks()
    assert "AVATURN['HOOKS']" in str(caught.value)
