"""The quick start's include, the admin, and a page with the editor in it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

PAGE = """<!doctype html><html lang="en"><title>Editor</title>{% load avaturn %}
{% if dialog %}{% avaturn_editor dialog=True %}
{% elif timeout %}{% avaturn_editor timeout=timeout %}
{% else %}{% avaturn_editor %}{% endif %}
{% if twice %}{% avaturn_editor type="create" %}{% endif %}</html>"""


def page(request: HttpRequest) -> HttpResponse:
    """A page with the editor as the query string wants it."""
    template = engines["django"].from_string(PAGE)
    response = HttpResponse(template.render(request.GET.dict(), request))
    if "policy" in request.GET:
        response["Content-Security-Policy"] = request.GET["policy"]
    return response


urlpatterns = [
    path("admin/", admin.site.urls),
    path("avatar/", include("django_avaturn.urls")),
    path("page/", page, name="page"),
]
