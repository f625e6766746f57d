"""Whose an avatar is: a user of the site, or a visitor without an account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from django.db import models
from django.utils.translation import gettext as _

from ..conf import settings

MYPY = False  # which takes it for True

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    Owner: TypeAlias = "AbstractBaseUser | Guest"
    Viewer: TypeAlias = "Owner | AnonymousUser | None"


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor, known by a secret in the browser's session. Stands where a user does.

    The database knows a digest of the secret, never the secret itself.
    """

    secret: str = field(repr=False)

    pk = None
    is_authenticated = False
    is_anonymous = True
    is_staff = False

    @property
    def is_active(self) -> bool:
        """Whether the site still lets visitors in."""
        return settings.ALLOW_GUESTS

    @property
    def digest(self) -> str:
        """What the database knows of the secret: SHA-256 in hex."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def get_username(self) -> str:
        """What to call somebody without a name."""
        return _("Visitor")


def ownership(owner: Viewer) -> dict[str, Any] | None:
    """The fields of a profile that say whose it is; None where it can be nobody's."""
    if isinstance(owner, Guest):
        return {"guest": owner.digest}
    pk = getattr(owner, "pk", None)
    return None if pk is None else {"user_id": pk}


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to somebody. ``path`` leads from them to the profile."""

    path = ""

    if TYPE_CHECKING and not MYPY:
        # mypy has a plugin for Django; to other checkers the manager has the methods of its rows.
        @classmethod
        def as_manager(cls) -> Self: ...

    def of(self, owner: Viewer) -> Self:
        """The rows of this user or visitor; none of an ``AnonymousUser`` or None."""
        fields = ownership(owner)
        if fields is None:
            return self.none()
        return self.filter(**{f"{self.path}{name}": value for name, value in fields.items()})


class AvatarQuerySet(OwnedQuerySet):
    """Avatars."""

    path = "profile__"
