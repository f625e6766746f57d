"""Other admins beside the first one: fewer lists with fewer rows, and more to change."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from django_avaturn.admin import AvatarAdmin, AvatarFileAdmin, ProfileAdmin
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile
from tests.urls import urlpatterns as site


class OnlyOwn(AvatarAdmin):
    """Staff see the avatars that are their own."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(profile__user=request.user)


class NoFiles(AvatarFileAdmin):
    """Shown to nobody, whatever the permissions say."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OwnersToChoose(ProfileAdmin):
    """A profile can be given to another user."""

    editable = (*ProfileAdmin.editable, "user")


other = AdminSite("other")
other.register(Avatar, OnlyOwn)
other.register(AvatarFile, NoFiles)

open_handed = AdminSite("open_handed")
open_handed.register(AvaturnProfile, OwnersToChoose)

urlpatterns = [path("other/", other.urls), path("open-handed/", open_handed.urls), *site]
