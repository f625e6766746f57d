"""The gallery in a page of the site's own, under a strict Content-Security-Policy."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from tests.urls import urlpatterns as plain

OWN = "'self'"
POLICY = f"default-src 'none'; script-src {OWN}; style-src {OWN}; img-src {OWN}; connect-src {OWN}"
PAGE = """<!doctype html><html lang="en"><title>Mine</title>
{% load avaturn %}{% avaturn_gallery %}</html>"""


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """A page with the tag."""
    page = engines["django"].from_string(PAGE).render({}, request)
    return HttpResponse(page, headers={"Content-Security-Policy": POLICY})


urlpatterns = [path("mine/", mine), *plain]
