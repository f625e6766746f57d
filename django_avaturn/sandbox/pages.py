"""Pages and their files: the index, the editor, and still pictures."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from .drawing import CROPS, picture
from .look import from_mapping
from .messages import Response, error
from .routing import Area, Incoming, Route

if TYPE_CHECKING:
    from .service import Sandbox

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
SECURE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
PAGE = {**SECURE, "Content-Security-Policy": POLICY, "Cache-Control": "no-store"}


@cache
def _files() -> dict[str, bytes]:
    folder = files("django_avaturn.sandbox").joinpath("static")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def page(name: str, extra: dict[str, str] | None = None) -> Response:
    """One of the HTML files."""
    body = _files()[name]
    return Response(200, body, "text/html; charset=utf-8", {**PAGE, **(extra or {})})


def framed_page(name: str, scenario: str) -> Response:
    """The same, for other sites to frame unless the scenario forbids it."""
    return page(name, {"X-Frame-Options": "DENY"} if scenario == "xfo_deny" else None)


def editor_page(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The editor, the same for every link: what it shows comes later, with the token."""
    session = sandbox.session(incoming.request.query.get("token", ""))
    return framed_page("editor.html", session.scenario if session else "")


def static_file(sandbox: Sandbox, incoming: Incoming) -> Response:
    """A script or a style sheet."""
    name = incoming.params["name"]
    kind = next((kind for ending, kind in TYPES.items() if name.endswith(ending)), None)
    body = _files().get(name)
    if body is None or kind is None or name.endswith(".html"):
        return error(404, "Not Found")
    headers = {**SECURE, "Cache-Control": "no-cache"}
    return Response(200, body, f"{kind}; charset=utf-8", headers)


def preview(sandbox: Sandbox, incoming: Incoming) -> Response:
    """A still picture of the look in the query: no record is read, so no token is asked for."""
    query = incoming.request.query
    crop = query.get("crop", "figure")
    if crop not in CROPS:
        return error(404, "Not Found")
    body = picture(from_mapping(query), crop)
    headers = {**SECURE, "Cache-Control": "public, max-age=3600"}
    return Response(200, body, "image/png", headers)


def index(sandbox: Sandbox, incoming: Incoming) -> Response:
    """What this is, and how much is in it."""
    users = sandbox.users.values()
    values = {
        "address": incoming.origin,
        "users": len(users),
        "avatars": sum(len(user.avatars) for user in users),
        "calls": len(sandbox.calls),
    }
    text = _files()["index.html"].decode()
    for name, value in values.items():
        text = text.replace(f"[[{name}]]", escape(str(value)))
    return Response(200, text.encode(), "text/html; charset=utf-8", PAGE)


ROUTES = (
    Route("GET", "/", "index", index, Area.PAGE),
    Route("GET", "/editor", "editorPage", editor_page, Area.PAGE),
    Route("GET", "/editor/preview.png", "editorPreview", preview, Area.PAGE),
    Route("GET", "/editor/static/{name}", "editorStatic", static_file, Area.PAGE),
)
