"""The Content-Security-Policy of the example site."""

from collections.abc import Iterable

MODEL_VIEWER = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
"""The style sheet inside model-viewer's shadow root."""

PREVIEWS = "https://assets.avaturn.me"
"""Where the real service keeps the pictures of its bodies and clothes; the Studio shows them."""


def policy(editor_origins: Iterable[str]) -> dict[str, list[str]]:
    """The site's own files, frames and pictures from the editor's origins, and what 3D needs."""
    own, editor = ["'self'"], list(editor_origins)
    return {
        "default-src": ["'none'"],
        "script-src": [*own, "'wasm-unsafe-eval'"],
        "style-src": [*own, MODEL_VIEWER],
        "img-src": [*own, "data:", "blob:", PREVIEWS, *editor],
        "connect-src": [*own, "blob:"],
        "frame-src": editor,
        "form-action": own,
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
