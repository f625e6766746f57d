"""The Content-Security-Policy of the example site."""

from collections.abc import Iterable


def policy(editor_origins: Iterable[str]) -> dict[str, list[str]]:
    """Only the site's own files, and frames from the origins of the editor."""
    own = ["'self'"]
    return {
        "default-src": ["'none'"],
        "script-src": own,
        "style-src": own,
        "img-src": ["'self'", "data:"],
        "connect-src": own,
        "frame-src": list(editor_origins),
        "form-action": own,
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
