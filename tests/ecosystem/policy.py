"""The same strict policy by django-csp on Django 5.2, and by Django itself from 6.0 on."""

from __future__ import annotations

from typing import Any

import django
from django.http import HttpRequest, HttpResponse

if django.VERSION >= (6, 0):
    from django.middleware.csp import ContentSecurityPolicyMiddleware as Middleware
else:
    from csp.middleware import CSPMiddleware as Middleware

STYLE_OF_MODEL_VIEWER = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
STAFF = ("/admin/", "/cms/")
"""Where unfold and wagtail run scripts of their own that are written into their pages."""


def policy(editor: str, changes: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The settings for a site whose editor comes from this origin."""
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],
        "style-src": ["'self'", STYLE_OF_MODEL_VIEWER],
        "img-src": ["'self'"],
        "connect-src": ["'self'", "blob:"],
        "frame-src": [editor],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'"],
        **(changes or {}),
    }
    if django.VERSION >= (6, 0):
        return {"SECURE_CSP": directives}
    return {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": directives}}


class PolicyMiddleware(Middleware):
    """Leaves out the pages of staff."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the header."""
        if request.path.startswith(STAFF):
            return response
        return super().process_response(request, response)
