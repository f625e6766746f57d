"""The Content-Security-Policy of the example site."""

from collections.abc import Iterable

MODEL_VIEWER = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
"""The style sheet inside model-viewer's shadow root."""


def policy(editor_origins: Iterable[str]) -> dict[str, list[str]]:
    """Only the site's own files, frames from the origins of the editor, and what 3D needs."""
    own = ["'self'"]
    return {
        "default-src": ["'none'"],
        "script-src": [*own, "'wasm-unsafe-eval'"],
        "style-src": [*own, MODEL_VIEWER],
        "img-src": ["'self'", "data:"],
        "connect-src": [*own, "blob:"],
        "frame-src": list(editor_origins),
        "form-action": own,
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
