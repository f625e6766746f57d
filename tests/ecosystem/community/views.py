"""Pages that swap parts of themselves, and what the page prints for ASGI."""

from __future__ import annotations

import os

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tests.ecosystem.pages import run

PARTS = ("text", "editor", "dialog", "gallery", "viewer")
TURBO = os.environ.get("TURBO", "")
"""Where Turbo's script is; the tox environment says so."""

run("views.py", globals())
asynchronous = [
    path("session/", globals()["open_editor"]),
    path("models/<uuid:pk>/", globals()["download"]),
    path("data/", globals()["my_data"]),
]


def app(request: HttpRequest, library: str, part: str) -> HttpResponse:
    """A whole page, whose links and buttons the library takes over."""
    names = {"library": library, "part": part, "parts": PARTS}
    return render(request, "community/app.html", names)


def part(request: HttpRequest, part: str) -> HttpResponse:
    """A part of it alone."""
    return render(request, "community/part.html", {"part": part})


def turbo(request: HttpRequest) -> FileResponse:
    """Turbo's script."""
    return FileResponse(open(TURBO, "rb"), content_type="text/javascript")
