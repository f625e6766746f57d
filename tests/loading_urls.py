"""Pages as a site sends them whose static files may be kept for ever, and what was asked for."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.urls import path
from django.views.static import serve

from django_avaturn.models import Avatar
from tests.urls import urlpatterns as plain

HEAD = """<!doctype html><html lang="en"><head><title>Avatars</title>{% load avaturn %}
<link rel="icon" href="data:,"></head><body>"""
SOURCES = {
    "dialog": "{% avaturn_editor dialog=True %}",
    "inline": "{% avaturn_editor nonce=nonce %}",
    "two": "{% avaturn_editor nonce=nonce %}{% avaturn_editor type='create' nonce=nonce %}",
    "profile": """<header>{% avaturn_portrait user size=48 %}</header>
<div style="inline-size: 20rem">{% avaturn_viewer user %}</div>
<p>What comes after.</p>{% avaturn_editor %}<p>The end.</p>""",
    "gallery": "<h1>Mine</h1>{% avaturn_gallery %}<p>The end.</p>",
    "viewers": """{% for avatar in avatars %}{% avaturn_viewer avatar reveal='click' %}{% endfor %}
{% avaturn_gallery %}""",
}
asked: list[str] = []
"""Names of the static files that the server was asked for, without the hashes."""


@login_required
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One of the sources; with ``?nonce=`` under a policy that has that nonce."""
    nonce = secrets.token_urlsafe(8) if "nonce" in request.GET else ""
    template = engines["django"].from_string(HEAD + SOURCES[name] + "</body></html>")
    avatars = Avatar.objects.of(request.user)[:3]
    html = template.render({"avatars": avatars, "nonce": nonce}, request)
    policy = request.GET.get("nonce", "").replace("NONCE", f"'nonce-{nonce}'")
    headers = {"Content-Security-Policy": policy} if policy else {}
    return HttpResponse(html, headers=headers)


def kept(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file that may be kept for ever, for its name changes with its content."""
    first, *_, last = path.rpartition("/")[2].split(".")
    asked.append(f"{first}.{last}")
    response = serve(request, path, document_root=settings.STATIC_ROOT)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


urlpatterns = [path("pages/<name>/", page), path("kept/<path:path>", kept), *plain]
