"""What lists can be narrowed down to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class OwnerFilter(admin.SimpleListFilter):
    """By who owns an avatar: a user of the site, or a visitor without an account."""

    title = _("owner")
    parameter_name = "owner"
    lookup = "user__isnull"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two kinds."""
        return [("user", _("user")), ("visitor", _("visitor"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the chosen kind."""
        kind = self.value()
        return queryset.filter(**{self.lookup: kind == "visitor"}) if kind else queryset


class AvatarOwnerFilter(OwnerFilter):
    """The same, for avatars."""

    lookup = "profile__user__isnull"


class ConfirmedFilter(admin.SimpleListFilter):
    """By whether Avaturn has said whose an avatar is."""

    title = _("confirmed by Avaturn")
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Yes and no."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that are, or are not."""
        if self.value() == "yes":
            return queryset.exclude(avaturn_id="")
        return queryset.filter(avaturn_id="") if self.value() else queryset
