"""The upload host and the file host: their addresses are all the permission they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import tasks
from . import validation as check
from .look import from_customization, starter, to_customization
from .messages import Request, Response, error, reply
from .model import model_stream
from .multipart import Part, read_form
from .portrait import portrait
from .routing import Area, Incoming, Route
from .state import Avatar, File

if TYPE_CHECKING:
    from .service import Sandbox

PHOTOS = ("image-frontal", "image-side-1", "image-side-2")
BODY_TYPES = {"male": "body_0", "female": "body_1"}
OPEN_TO_PAGES = {"Access-Control-Allow-Origin": "*"}


def upload_photos(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Take the three photos and start the processing; a second upload starts it anew."""
    token = incoming.params["token"]
    avatars = (one for _, one in sandbox.state.avatars() if one.upload == token)
    avatar = next(avatars, None)
    if avatar is None:
        return error(404, "Not Found")
    form = _photo_form(incoming.request)
    _start_processing(sandbox, avatar, BODY_TYPES[_word(form["body-type"])])
    answer = reply({"status": "ok"})
    return Response(200, answer.body, headers=OPEN_TO_PAGES)


def _photo_form(request: Request) -> dict[str, Part]:
    form = read_form(request) or {}
    problems = [
        check.problem("missing", ("body", name), "Field required", None)
        for name in (*PHOTOS, "body-type")
        if name not in form or not form[name].content
    ]
    if "body-type" in form:
        body_type = check.one_of(*BODY_TYPES)
        problems += body_type(_word(form["body-type"]), ("body", "body-type"))
    if "telephoto" in form:
        problems += check.boolean_word(_word(form["telephoto"]), ("body", "telephoto"))
    check.require(problems)
    return form


def _word(part: Part) -> str:
    return part.content.decode(errors="replace").strip()


def _start_processing(sandbox: Sandbox, avatar: Avatar, body: str) -> None:
    tasks.process_photos(sandbox, avatar)
    if avatar.customization is None:
        avatar.customization = to_customization(starter(body))


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
    body = portrait(from_customization(file.customization, file.eyes), file.scene)
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
    body = model_stream(from_customization(file.customization, file.eyes), size)
    return Response(200, body, "model/gltf-binary", OPEN_TO_PAGES)


ROUTES = (
    Route("POST", "/uploads/{token}", "uploadPhotos", upload_photos, Area.FILES),
    Route("GET", "/files/{token}.glb", "downloadFile", temporary_model, Area.FILES),
    Route("GET", "/files/{token}.png", "downloadRender", temporary_picture, Area.FILES),
    Route(
        "GET", "/avatars/exports/{export_id}/model", "downloadExport", permanent_model, Area.FILES
    ),
)
