"""The upload host: it takes the photos of reserved avatars, and keeps no face."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import tasks
from . import validation as check
from .look import starter, to_customization
from .messages import Request, Response, error, reply
from .multipart import Part, read_form
from .routing import Area, Incoming, Route
from .state import Avatar

if TYPE_CHECKING:
    from .service import Sandbox

PHOTOS = ("image-frontal", "image-side-1", "image-side-2")
BODY_TYPES = {"male": "body_0", "female": "body_1"}
OPEN_TO_PAGES = {"Access-Control-Allow-Origin": "*"}
JPEG = b"\xff\xd8\xff"
"""How every JPEG starts. Whether the service takes other formats is not documented."""


@dataclass(frozen=True, slots=True)
class Photo:
    """What is remembered of a photo. ``size`` is in bytes, ``sha256`` in hexadecimal digits."""

    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that was taken; ``photos`` go by the names of their parts.

    ``authorized`` tells whether it came with an Authorization header, which it should not: the
    address itself is the permission.
    """

    avatar_id: str
    body_type: str
    telephoto: bool
    authorized: bool
    photos: Mapping[str, Photo]


def upload_photos(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Take the three photos and start the processing; a second upload starts it anew."""
    request, token = incoming.request, incoming.params["token"]
    avatars = (one for _, one in sandbox.state.avatars() if one.upload == token)
    avatar = next(avatars, None)
    if avatar is None:
        return error(404, "Not Found")
    if 0 < sandbox.upload_limit < len(request.body):
        return error(413, "Request Entity Too Large")
    form = _photo_form(request)
    upload = _record(avatar, request, form)
    sandbox.uploads.append(upload)
    _start_processing(sandbox, avatar, BODY_TYPES[upload.body_type])
    answer = reply({"status": "ok"})
    return Response(200, answer.body, headers=OPEN_TO_PAGES)


def _photo_form(request: Request) -> dict[str, Part]:
    form = read_form(request) or {}
    problems = [
        check.problem("missing", ("body", name), "Field required", None)
        for name in (*PHOTOS, "body-type")
        if name not in form or not form[name].content
    ]
    problems += [
        check.problem("value_error", ("body", name), "Value error, not a JPEG", None)
        for name in PHOTOS
        if name in form and form[name].content and not form[name].content.startswith(JPEG)
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


def _record(avatar: Avatar, request: Request, form: dict[str, Part]) -> Upload:
    telephoto = "telephoto" in form and _word(form["telephoto"]).lower() in check.TRUE_WORDS
    photos = {name: _photo(form[name]) for name in PHOTOS}
    authorized = bool(request.header("authorization"))
    return Upload(avatar.id, _word(form["body-type"]), telephoto, authorized, photos)


def _photo(part: Part) -> Photo:
    digest = hashlib.sha256(part.content).hexdigest()
    return Photo(part.filename, part.content_type, len(part.content), digest)


def _start_processing(sandbox: Sandbox, avatar: Avatar, body: str) -> None:
    tasks.process_photos(sandbox, avatar)
    if avatar.customization is None:
        avatar.customization = to_customization(starter(body))


ROUTES = (Route("POST", "/uploads/{token}", "uploadPhotos", upload_photos, Area.FILES),)
