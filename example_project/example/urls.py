"""The addresses of the example site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("members.urls")),
    path("avatar/", include("django_avaturn.urls")),
    path("admin/", admin.site.urls),
]
