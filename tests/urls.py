"""The quick start's include, the admin, and a page with the editor in it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path


def page(request: HttpRequest) -> HttpResponse:
    """The quick start's template."""
    source = "{% load avaturn %}{% avaturn_editor %}"
    return HttpResponse(engines["django"].from_string(source).render({}, request))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("avatar/", include("django_avaturn.urls")),
    path("page/", page, name="page"),
]
