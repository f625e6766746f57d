"""Model and portrait: asked for, and kept current."""

from __future__ import annotations

from typing import IO, BinaryIO, cast
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.db import router, transaction
from django.utils import timezone

from ..client import Downloaded, FileKind, download
from ..conf import Settings, settings
from ..exceptions import PictureNotWanted
from ..hooks import portrait_scenes
from ..models import Avatar, AvatarFile
from . import pictures
from .storing import incoming, keep

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
NO_API = "Avaturn cannot be asked for this avatar, so the owner's browser takes the picture."
NO_WEBHOOK = "No webhook is set up (WEBHOOK_SECRETS), so the owner's browser takes the picture."
UPLOAD_SECONDS = 60.0

Kind = AvatarFile.Kind


def request_files(avatar: Avatar) -> None:
    """Have the model fetched, and portraits made, of the avatar as it is now at Avaturn.

    The work starts after the commit, as a task. Files that are there already stay in use until
    the new ones are stored; doing it again is harmless. The model of an unconfirmed avatar comes
    only with its export. Sends ``model_stored`` and ``portrait_stored`` as the files arrive. Raises
    ``Avatar.DoesNotExist`` where it has been deleted meanwhile.
    """
    with transaction.atomic(router.db_for_write(AvatarFile)):
        avatar.hold()
        renew_files(avatar)


def renew_files(avatar: Avatar) -> None:
    """``request_files`` for who holds the lock of the avatar's owner already."""
    if _can_be_asked_for(avatar):
        _request(avatar, Kind.MODEL)
    scenes = portrait_scenes(avatar)
    for row in avatar.files.filter(kind=Kind.PORTRAIT).exclude(scene__in=scenes):
        row.delete()
    for number, scene in enumerate(scenes):
        if _by_avaturn(avatar) or number == 0:  # a browser takes but one picture
            _request_portrait(avatar, scene)


def request_portrait(avatar: Avatar, scene: str = "", format: str = "webp") -> AvatarFile:
    """Have a picture made: by Avaturn, or where no webhook can bring it by the owner's browser.

    ``scene`` is one of Avaturn's or of the project's own, by default ``PORTRAIT_SCENE``;
    ``format`` is jpg, png or webp. Returns the row, which is ``pending``; ``portrait_stored`` is
    sent when the picture has come. Raises ``Avatar.DoesNotExist`` where the avatar has been
    deleted meanwhile.
    """
    with transaction.atomic(router.db_for_write(AvatarFile)):
        avatar.hold()
        return _request_portrait(avatar, scene, format)


def _request_portrait(avatar: Avatar, scene: str, format: str = "webp") -> AvatarFile:
    scene = scene or settings.PORTRAIT_SCENE
    if _by_avaturn(avatar):
        return _request(avatar, Kind.PORTRAIT, scene, format=format)
    reason = NO_WEBHOOK if _can_be_asked_for(avatar) else NO_API
    return _request(avatar, Kind.PORTRAIT, scene, format=format, due_at=None, error=reason)


def store_portrait(avatar: Avatar, picture: IO[bytes], version: str) -> AvatarFile:
    """Keep the picture that the owner's browser has taken of the model of this ``version``.

    It is decoded and encoded anew, so that nothing but pixels gets into the storage. Sends
    ``portrait_stored`` after the commit. Raises ``PictureInvalid``, or ``PictureNotWanted``
    where there is nothing to replace or the model has changed meanwhile.
    """
    row, model = avatar.portrait, avatar.model
    if not (row and model and row.awaits_browser and model.version == version):
        raise PictureNotWanted("No picture of this version is wanted.")
    large, small = pictures.encode(picture)
    if row.state == row.State.FAILED:
        row.restart(due_at=None)
    if row.claim(UPLOAD_SECONDS, early=True):
        keep_portrait(row, large, small)
    return row


def keep_portrait(row: AvatarFile, large: pictures.Picture, small: pictures.Picture | None) -> bool:
    """Store a picture and its small copy. See ``keep``."""
    with incoming(f"portrait{large.suffix}", large.content_type) as file:
        file.write(large.data)
        if small is None:
            return keep(row, {"file": file}, thumbnail="", **large.facts)
        with incoming(f"portrait{small.suffix}", small.content_type) as thumbnail:
            thumbnail.write(small.data)
            return keep(row, {"file": file, "thumbnail": thumbnail}, **large.facts)


def download_file(url: str, into: object, kind: FileKind, max_bytes: int) -> Downloaded:
    """Fetch a file into an open one, by the site's settings. See ``client.download``."""
    return download(
        url,
        cast("BinaryIO", into),
        hosts=download_hosts(),
        max_bytes=max_bytes,
        timeout=settings.TIMEOUT,
        deadline=download_seconds(),
        kind=kind,
    )


def download_seconds() -> float:
    """How long a file may take: six times as long as a call."""
    return 6 * sum(settings.TIMEOUT)


def download_hosts() -> tuple[str, ...]:
    """Where files may come from.

    ``DOWNLOAD_HOSTS``; where a site that runs on the sandbox does not set it, the sandbox too.
    """
    parts = urlsplit(settings.PROJECT_URL if settings.free_plan else settings.API_URL)
    is_sandbox = parts.hostname in LOOPBACK
    own = () if Settings.DOWNLOAD_HOSTS.is_set or not is_sandbox else (parts.netloc,)
    return (*settings.DOWNLOAD_HOSTS, *own)


arequest_files = sync_to_async(request_files)
arequest_portrait = sync_to_async(request_portrait)
astore_portrait = sync_to_async(store_portrait)


def _can_be_asked_for(avatar: Avatar) -> bool:
    """A site that has left the API for the free plan still has avatars from before."""
    return bool(avatar.confirmed and not settings.free_plan)


def _by_avaturn(avatar: Avatar) -> bool:
    """Whether Avaturn can draw it, and has a way to tell of it."""
    return bool(settings.WEBHOOK_SECRETS) and _can_be_asked_for(avatar)


def _request(avatar: Avatar, kind: str, scene: str = "", **fields: object) -> AvatarFile:
    fields = {"render_id": None, "requested_at": timezone.now(), **fields}
    row, made = AvatarFile.objects.get_or_create(
        avatar=avatar, kind=kind, scene=scene, defaults=fields
    )
    if not made:
        row.restart(**fields)
    return row
