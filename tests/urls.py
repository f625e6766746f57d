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

VIEW = """<!doctype html><html lang="en"><title>Viewer</title>{% load avaturn %}
<header>{% avaturn_portrait user size=48 %}</header>
<div{% if down %} id="down"{% endif %}>
{% avaturn_viewer user reveal=reveal|default:"visible" %}</div>
{% if editor %}{% avaturn_editor %}{% endif %}<link rel="stylesheet" href="/view.css"></html>"""


def page(request: HttpRequest, source: str = PAGE) -> HttpResponse:
    """A page with tags as the query string wants them."""
    template = engines["django"].from_string(source)
    response = HttpResponse(template.render(request.GET.dict(), request))
    if "policy" in request.GET:
        response["Content-Security-Policy"] = request.GET["policy"]
    return response


def style(request: HttpRequest) -> HttpResponse:
    """Keeps the viewer small, and with ``down`` far below the fold."""
    rules = ".avaturn-viewer { width: 300px } #down { padding-top: 3000px }"
    return HttpResponse(rules, content_type="text/css")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("avatar/", include("django_avaturn.urls")),
    path("page/", page, name="page"),
    path("view/", page, {"source": VIEW}, name="view"),
    path("view.css", style),
    path("favicon.ico", lambda request: HttpResponse(status=204)),  # browsers ask for one
]
