"""Pages with an editor as the query string wants it, and Django's own COOP header on some."""

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.template import engines
from django.urls import path
from django.utils.decorators import decorator_from_middleware

from django_avaturn.decorators import allow_popups
from tests.urls import urlpatterns as plain

PAGE = """<!doctype html><html lang="en"><title>Options</title>{%% load avaturn %%}
<style>avaturn-viewer { display: block; width: 300px }</style>
%s{%% avaturn_editor %s %%}</html>"""
VIEWER = '{% avaturn_viewer user reveal="visible" %}'

secure = decorator_from_middleware(SecurityMiddleware)


def page(request: HttpRequest) -> HttpResponse:
    """``?tag=`` has the tag's arguments; with ``viewer`` there is a viewer of the user above."""
    viewer = VIEWER if "viewer" in request.GET else ""
    template = engines["django"].from_string(PAGE % (viewer, request.GET.get("tag", "")))
    context = {"assets": request.GET.getlist("asset"), "avatar": request.GET.get("avatar")}
    response = HttpResponse(template.render(context, request))
    if "policy" in request.GET:
        response["Content-Security-Policy"] = request.GET["policy"]
    return response


urlpatterns = [
    path("options/", page),
    path("secure/", secure(page)),
    path("popups/", secure(allow_popups(page))),
    *plain,
]
