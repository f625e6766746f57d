"""A page around each tag, as a site would have it; the admin; and the storage's files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from tests.browser.admin_site import urlpatterns as site

PAGE = """<!doctype html>{%% load avaturn i18n %%}{%% get_current_language as language %%}
{%% get_current_language_bidi as bidi %%}
<html lang="{{ language }}" dir="{%% if bidi %%}rtl{%% else %%}ltr{%% endif %%}">
<head><title>Test</title><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/static/django_avaturn/gallery.css"></head>
<body class="avaturn-page"><main class="avaturn-main"><h1>Test</h1>%s</main>
</body></html>"""


def tag(request: HttpRequest) -> HttpResponse:
    """``?tag=`` is the tag with its arguments; ``avatar`` in it is the address's own."""
    source = PAGE % f"{{% {request.GET['tag']} %}}"
    return HttpResponse(engines["django"].from_string(source).render({}, request))


urlpatterns = [path("tag/", tag), *site]
