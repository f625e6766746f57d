"""The file host: its addresses are all the permission it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .look import from_customization
from .messages import Response, error
from .model import model_stream
from .portrait import portrait, swatch
from .routing import Area, Incoming, Route
from .state import File
from .uploads import OPEN_TO_PAGES

if TYPE_CHECKING:
    from .service import Sandbox


def temporary_model(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The model behind a link of the API; 403 once the link is over."""
    file = _temporary(sandbox, incoming, picture=False)
    return file if isinstance(file, Response) else _model(file, sandbox.export_bytes)


def temporary_picture(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The picture of a render, drawn now.

    It is a PNG whatever format was asked for: the standard library writes no other.
    """
    file = _temporary(sandbox, incoming, picture=True)
    if isinstance(file, Response):
        return file
    draw = swatch if sandbox.plain_pictures else portrait
    body = draw(from_customization(file.customization, file.eyes), file.scene)
    return Response(200, body, "image/png", OPEN_TO_PAGES)


def _temporary(sandbox: Sandbox, incoming: Incoming, *, picture: bool) -> File | Response:
    file = sandbox.state.files.get(incoming.params["token"])
    if file is None or file.expires_at is None or bool(file.scene) is not picture:
        return error(404, "Not Found")
    if sandbox.clock.now() >= file.expires_at:
        return error(403, "Link expired")
    return file


def permanent_model(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The file behind a link of the editor."""
    file = sandbox.state.files.get(incoming.params["export_id"])
    if file is None or file.expires_at is not None:
        return error(404, "Not Found")
    return _model(file, sandbox.export_bytes)


def _model(file: File, size: int) -> Response:
    look = from_customization(file.customization, file.eyes)
    body = model_stream(look, size, animated=file.animated)
    return Response(200, body, "model/gltf-binary", OPEN_TO_PAGES)


ROUTES = (
    Route("GET", "/files/{token}.glb", "downloadFile", temporary_model, Area.FILES),
    Route("GET", "/files/{token}.png", "downloadRender", temporary_picture, Area.FILES),
    Route(
        "GET", "/avatars/exports/{export_id}/model", "downloadExport", permanent_model, Area.FILES
    ),
)
