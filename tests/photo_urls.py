"""The photo form in a page of the site's own, under a strict Content-Security-Policy."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from tests.gallery_urls import POLICY
from tests.urls import urlpatterns as plain

PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="{{ scheme|default:'light' }}">
<title>Photos</title>{% load avaturn %}<body class="avaturn-page">
<link rel="stylesheet" href="/static/django_avaturn/gallery.css">
<main class="avaturn-main"><h1>Make your avatar</h1>
{% if next %}{% avaturn_photo_form next=next %}{% else %}{% avaturn_photo_form %}{% endif %}
</main></body></html>"""


def photos(request: HttpRequest) -> HttpResponse:
    """A page with the tag; its frames may come from anywhere, as the sandbox's address varies."""
    page = engines["django"].from_string(PAGE).render(request.GET.dict(), request)
    return HttpResponse(page, headers={"Content-Security-Policy": f"{POLICY}; frame-src *"})


urlpatterns = [path("photos/", photos), *plain]
