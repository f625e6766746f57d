"""Bringing model and portrait from Avaturn into the site's storage."""

from __future__ import annotations

from io import BytesIO
from typing import cast

from django.utils import timezone

from ..client import GLB, IMAGE, RenderFormat
from ..conf import settings
from ..exceptions import AvaturnError, PictureInvalid
from ..hooks import get_hooks
from ..models import Avatar, AvatarFile
from ..services import files, get_client, pictures
from ..services.storing import incoming, keep
from .deletions import call_seconds
from .engine import Handler, work_on

PATIENCE = 1800.0
"""Seconds until an export that is still pending counts as failed."""
RENDER_SECONDS = 120.0
"""How long to wait for the webhook that brings a picture, before another one is asked for."""
MAX_RENDERS = 4
STORE_SECONDS = 300.0

CUT_OFF = "The model was not saved to its end. Open the editor and export the avatar again."
MAKING = "Avaturn is making the model."
ASKED = "Avaturn has been asked for the picture; its webhook will bring it."
NOT_DRAWN = "Avaturn could not draw the picture."
NO_ANSWER = (
    f"Avaturn took {MAX_RENDERS} orders, but its render.ready webhook never brought a picture. "
    "Check the webhook's address at the developer portal. The owner's browser can take one."
)


class TaskFailed(AvaturnError):
    """Avaturn itself could not make the file."""


def seconds() -> float:
    """How long a try takes at the most."""
    return call_seconds() + files.download_seconds() + STORE_SECONDS


def fetch(row: AvatarFile) -> None:
    """Get a file, or ask for it."""
    if not row.avatar.confirmed:
        row.give_up(CUT_OFF)
    elif row.kind == row.Kind.MODEL:
        fetch_model(row)
    else:
        ask_for_portrait(row)


def define_look(avatar: Avatar) -> None:
    """Write the customisation of an avatar made from photos, unless it has one already.

    Until then whatever Avaturn would export or draw is undefined, as its documentation says.
    """
    undefined = Avatar.objects.filter(pk=avatar.pk, customized=False)
    if not avatar.customized and undefined.exists():  # the editor may have been quicker
        get_client().set_customization(avatar.pk, get_hooks().default_customization(avatar))
        undefined.update(customized=True)


def fetch_model(row: AvatarFile) -> None:
    """Ask for the export; repeating the call is the way to learn that it is ready."""
    define_look(row.avatar)
    export = get_client().create_export(row.avatar_id)
    if export.status == "failed":
        raise TaskFailed("Avaturn could not make the model.")
    if not export.url:
        _wait(row)
        return
    with incoming("model.glb", "model/gltf-binary") as file:
        got = files.download_file(export.url, file, GLB, settings.MAX_MODEL_BYTES)
        keep(row, {"file": file}, size=got.size, sha256=got.sha256)


def ask_for_portrait(row: AvatarFile) -> None:
    """Order a picture. The webhook brings it, unless Avaturn has it at once; the row waits."""
    if not settings.WEBHOOK_SECRETS:
        row.postpone(0, files.NO_WEBHOOK, due_at=None)
    elif row.attempts > MAX_RENDERS:
        row.give_up(NO_ANSWER)
    else:
        define_look(row.avatar)
        format = cast("RenderFormat", row.format or "webp")
        render = get_client().create_render(row.avatar_id, row.scene, format=format)
        if render.render_url:
            _fetch_portrait(row, render.render_url)
        elif render.status == "failed":
            raise TaskFailed(NOT_DRAWN)
        else:
            row.postpone(RENDER_SECONDS, ASKED, render_id=render.id)


def take_render(row: AvatarFile, url: str) -> bool:
    """Fetch the picture that a webhook has brought; without ``url`` it has failed.

    The link is kept nowhere.

    Returns False where somebody else is at work on the row.
    """

    def work(row: AvatarFile) -> None:
        if not url:
            raise TaskFailed(NOT_DRAWN)
        _fetch_portrait(row, url)

    return row.claim(seconds(), early=True) and work_on(row, work)


def _fetch_portrait(row: AvatarFile, url: str) -> None:
    raw = BytesIO()  # small: the limit is pictures.MAX_BYTES
    got = files.download_file(url, raw, IMAGE, pictures.MAX_BYTES)
    raw.seek(0)
    if not pictures.available():
        files.keep_portrait(row, pictures.Picture(raw.getvalue(), got.content_type), None)
        return
    try:
        sizes = pictures.encode(raw)
    except PictureInvalid as error:
        raise TaskFailed(f"Avaturn's picture cannot be used: {error}") from None
    files.keep_portrait(row, *sizes)


def _wait(row: AvatarFile) -> None:
    """Ask again at once, then ever more rarely. Not a failure, so not counted."""
    age = (timezone.now() - row.requested_at).total_seconds()
    if age > PATIENCE:
        raise TaskFailed(f"Avaturn has not made the model within {PATIENCE / 60:.0f} minutes.")
    pause = min(60.0, max(1.0, age / 2)) if row.error == MAKING else 0.0
    row.postpone(pause, MAKING, attempts=row.attempts - 1)


HANDLER = Handler(work=fetch, seconds=seconds, max_attempts=8)
