"""Everything the site holds about one person, for an answer to a request for access."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import chain
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from asgiref.sync import sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.fields.files import FieldFile

from ..models import Avatar, AvatarFile, AvaturnProfile, RemoteDeletion, WebhookEvent
from ..models.files import SITE_STORAGE

if TYPE_CHECKING:
    from ..models.owners import Owner

LEFT_OUT = {"guest", "claimed_until"}
"""Fields that are no data about a person: the digest of a secret, and who is at work on a row."""
PIECE = 64 * 1024
"""Bytes in memory at a time."""

Progress = Callable[[int, int], object]


def personal_data(user: Owner) -> dict[str, Any]:
    """What the database holds about a user or visitor; empty where that is nothing.

    ``profile`` has the fields of the profile, ``avatars`` those of each avatar with its ``files``,
    ``webhook_events`` what Avaturn has told of them, and ``remote_deletions`` what has been, or
    will be, deleted at Avaturn. Whatever fields the models have are in it, but ``LEFT_OUT``; of a
    file it is the name that ``write_personal_data`` gives it. The values are Python's: encode them
    with Django's ``DjangoJSONEncoder``. Five queries, whatever there is. Nothing is asked of
    Avaturn.
    """
    profile = AvaturnProfile.objects.of(user).first()
    return _data(profile, _avatars(profile)) if profile else {}


def write_personal_data(
    user: Owner, stream: IO[bytes], on_file: Progress | None = None
) -> dict[str, Any]:
    """Write a zip of ``personal_data``, as ``data.json``, and of the stored files themselves.

    ``stream`` is a binary file, and need not be able to seek; the files are copied from the storage
    piece by piece. ``on_file`` is called after each with how many are done, and of how many. A file
    that the storage does not have is named under ``missing``, in the entry of its row. No name in
    the zip tells whose it is.

    Returns what ``data.json`` says; empty, and nothing is written, where there is nothing. Raises
    what the storage or the stream raises, other than ``FileNotFoundError`` for a missing file.
    """
    profile = AvaturnProfile.objects.of(user).first()
    if not profile:
        return {}
    avatars = _avatars(profile)
    data = _data(profile, avatars)
    entries = {entry["id"]: entry for avatar in data["avatars"] for entry in avatar["files"]}
    stored = [pair for avatar in avatars for row in avatar.files.all() for pair in _stored(row)]
    with ZipFile(stream, "w") as archive:
        for done, (row, file) in enumerate(stored, 1):
            if not _copy(file.name, archive, _name(row, file)):
                entries[row.pk].setdefault("missing", []).append(file.field.name)
            if on_file:
                on_file(done, len(stored))
        text = json.dumps(data, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        archive.writestr(_info("data.json"), text, ZIP_DEFLATED)
    return data


apersonal_data = sync_to_async(personal_data)
awrite_personal_data = sync_to_async(write_personal_data)


def _avatars(profile: AvaturnProfile) -> list[Avatar]:
    return list(profile.avatars.prefetch_related("files"))


def _data(profile: AvaturnProfile, avatars: list[Avatar]) -> dict[str, Any]:
    told = {profile.avaturn_id, *(avatar.avaturn_id for avatar in avatars)}
    remote_ids = {remote_id for remote_id in told if remote_id}
    deletions = RemoteDeletion.objects.filter(avaturn_id__in=remote_ids)
    return {
        "profile": _fields(profile),
        "avatars": [
            {**_fields(avatar), "files": [_fields(row) for row in avatar.files.all()]}
            for avatar in avatars
        ],
        "webhook_events": [_fields(row) for row in _events(profile, remote_ids)],
        "remote_deletions": [_fields(row) for row in deletions],
    }


def _events(profile: AvaturnProfile, remote_ids: set[str]) -> models.QuerySet[WebhookEvent]:
    """Messages are but hints: none that names somebody else, rightly or not, is about this user."""
    own = Avatar.objects.filter(profile=profile).values("pk")
    others = Avatar.objects.exclude(profile=profile).values("pk")
    nobody = Q(payload__user_id__isnull=True) | Q(payload__user_id=None)
    about = (nobody & Q(avatar_id__in=own)) | Q(payload__user_id__in=remote_ids)
    events: models.QuerySet[WebhookEvent] = WebhookEvent.objects.filter(about)
    return events.exclude(avatar_id__in=others)


def _fields(row: models.Model) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if field.name not in LEFT_OUT]
    return {field.name: _value(row, field) for field in fields}


def _value(row: models.Model, field: models.Field[Any, Any]) -> Any:
    value = field.value_from_object(row)
    if isinstance(row, AvatarFile) and isinstance(value, FieldFile):
        return _name(row, value) if value else None
    return value


def _stored(row: AvatarFile) -> list[tuple[AvatarFile, Any]]:
    return [(row, file) for file in (row.file, row.thumbnail) if file]


def _name(row: AvatarFile, file: Any) -> str:
    """Its name in the zip. No scene has a hyphen, so no two are alike."""
    small = "" if file.field.name == "file" else "small"
    parts = [row.kind, row.scene.replace("/", "-"), small]
    suffix = PurePosixPath(file.name).suffix
    return f"avatars/{row.avatar_id}/{'-'.join(filter(None, parts))}{suffix}"


def _copy(name: str, archive: ZipFile, member: str) -> bool:
    """False where the storage does not have it, which some tell only when it is read."""
    try:
        with SITE_STORAGE.open(name) as source:
            pieces = source.chunks(PIECE)
            first = next(pieces, b"")
            with archive.open(_info(member), "w", force_zip64=True) as target:
                for piece in chain([first], pieces):
                    target.write(piece)
    except FileNotFoundError:
        return False
    return True


def _info(name: str) -> ZipInfo:
    return ZipInfo(name, time.localtime()[:6])
