"""An admin that counts, and has left its lists out."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from django_avaturn.admin import AvatarAdmin
from django_avaturn.models import Avatar
from tests.urls import urlpatterns as site


class NoList(AvatarAdmin):
    """Avatars one by one."""

    def get_urls(self) -> list[URLPattern]:
        return [one for one in super().get_urls() if not str(one.name).endswith("_changelist")]


short = AdminSite("short")
short.register(Avatar, NoList)

urlpatterns = [path("short/", short.urls), *site]
