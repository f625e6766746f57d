"""The routes of the site."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from tests.ecosystem.community import views


def page(template: str) -> TemplateView:
    """A page that is nothing but its template."""
    return TemplateView.as_view(template_name=f"community/{template}.html")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("cms/", include(wagtailadmin_urls)),
    path("accounts/", include("allauth.urls")),
    path("avatar/", include("django_avaturn.urls")),
    path("me/", page("me"), name="me"),
    path("app/<str:library>/<str:part>/", views.app, name="app"),
    path("part/<str:part>/", views.part, name="part"),
    path("turbo.js", views.turbo, name="turbo"),
    path("async/", include(views.asynchronous)),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("favicon.ico", lambda request: HttpResponse(status=204)),  # browsers ask for one
    path("", include(wagtail_urls)),
]
