"""The admin under a strict policy, and the storage's files; the URLconf of its browser tests."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.views.static import serve

from tests.urls import urlpatterns as site

POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'"
"""No inline script or style. The 3D viewer needs more; its own tests say what."""


def strict(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Middleware that sets the policy."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return middleware


def media(request: HttpRequest, path: str) -> FileResponse | HttpResponseBase:
    """A file of the storage."""
    return serve(request, path, document_root=str(settings.MEDIA_ROOT))


urlpatterns = [
    *site,
    path("avaturn/<path:path>", lambda request, path: media(request, f"avaturn/{path}")),
    path("favicon.ico", lambda request: HttpResponse(status=204)),  # browsers ask for one
]
