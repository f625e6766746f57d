"""What the editor has exported: confirmed by the API, or on the plan without API taken as told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING
from uuid import RFC_4122, UUID

from asgiref.sync import sync_to_async
from django.db import router, transaction
from django.utils import timezone

from .. import signals
from ..client import GLB, Downloaded
from ..client.addresses import admit
from ..client.filekinds import transfer
from ..conf import settings
from ..exceptions import FaceAnimationsRequired, FileRefused
from ..models import Avatar, AvatarFile, AvaturnProfile
from .avatars import mirror, show
from .connection import get_client
from .consent import require_earlier_consent
from .files import download_file, download_hosts, renew_files, request_files
from .profiles import get_profile
from .storing import GUARD_SECONDS, Incoming, incoming, keep

if TYPE_CHECKING:
    from ..models.owners import Owner

Told = Mapping[str, object]

DATA_URL = "data:"
MAGIC = b"glTF"


def record_export(
    user: Owner, avatar_id: UUID, told: Told, *, url: str = "", model: IO[bytes] | None = None
) -> Avatar:
    """Take note that the editor exported an avatar, and make it the active one.

    ``told`` is what the browser says of it: any of ``gender``, ``body_id`` and
    ``supports_face_animations``; ``url`` is the export's link, or its data URL, and ``model`` an
    upload of the GLB file instead of one. ``user`` may be a visitor (``Guest``).

    With the API, that the avatar is this user's is confirmed with Avaturn (one call) before
    anything is tied to the user; doing it again changes nothing. Model and portrait are fetched
    after the commit, as tasks: of ``url`` only the host is checked. On the plan without API the
    model comes from ``model`` or ``url``, which is fetched before this returns, and the avatar
    stays unconfirmed.

    With ``CONSENT_VERSION`` the user must have agreed to a version of the text, if not to the
    present one: the avatar was begun under the one that was in force then.

    Sends ``avatar_exported`` after the commit. Raises ``Avatar.DoesNotExist`` where the avatar is
    not the user's, ``ConsentRequired``, ``DownloadRefused`` or ``FileRefused`` for a link or file
    that is not allowed, ``FaceAnimationsRequired``, another ``AvaturnError``, or
    ``AvaturnNotConfigured``. Whatever is raised, nothing has changed.
    """
    require_earlier_consent(user)
    if settings.REQUIRE_FACE_ANIMATIONS and not told.get("supports_face_animations"):
        raise FaceAnimationsRequired("Only avatars with face animations are taken here.")
    link = "" if url.startswith(DATA_URL) else url
    if link:
        admit(link, download_hosts())
    data = _decoded(url) if url and not link else model
    if data is not None and not settings.free_plan:
        _look_at(data)
    if Avatar.objects.filter(pk=avatar_id).exclude(pk__in=Avatar.objects.of(user)).exists():
        raise Avatar.DoesNotExist("The user has no such avatar.")
    if settings.free_plan:
        return _take_as_told(user, avatar_id, told, link, data)
    return _confirm(user, avatar_id, told)


arecord_export = sync_to_async(record_export)


def _confirm(user: Owner, avatar_id: UUID, told: Told) -> Avatar:
    client = get_client()
    profile = AvaturnProfile.objects.of(user).exclude(avaturn_id=None).first()
    if profile is None:
        raise Avatar.DoesNotExist("The user has no such avatar.")
    known = profile.avatars.filter(pk=avatar_id).values_list("avaturn_id", flat=True).first()
    remote_id = known or profile.avaturn_id
    started = timezone.now()
    listed = client.list_avatars(remote_id, include_not_ready=True)
    with transaction.atomic(router.db_for_write(Avatar)):
        mirror(profile, remote_id, listed, started)
        avatar: Avatar = profile.avatars.select_related("profile").get(
            pk=avatar_id, avaturn_id=remote_id, gone_at=None
        )
        _note(avatar, user, {**told, "customized": True})
        renew_files(avatar)
    return avatar


def _take_as_told(
    user: Owner, avatar_id: UUID, told: Told, link: str, data: IO[bytes] | None
) -> Avatar:
    """Keep the model; without the API nobody can say whose avatar it is."""
    if avatar_id.variant != RFC_4122:  # none of Avaturn's, and not every database takes it
        raise Avatar.DoesNotExist("There is no avatar of such an id.")
    with _model(link, data) as (file, got):
        profile = get_profile(user)
        with transaction.atomic(router.db_for_write(Avatar)):
            avatar, row = _unconfirmed(profile, avatar_id)
            _note(avatar, user, {**told, "status": Avatar.Status.READY})
        row.avatar = avatar
        if row.claim(GUARD_SECONDS, early=True):
            keep(row, {"file": file}, size=got.size, sha256=got.sha256)
        request_files(avatar)
    return avatar


@contextmanager
def _model(link: str, data: IO[bytes] | None) -> Iterator[tuple[Incoming, Downloaded]]:
    """The model in a temporary file, once it is all there and is what it should be."""
    if not link and data is None:
        raise FileRefused("The export brought no model.", permanent=False)
    limit = settings.MAX_MODEL_BYTES
    with incoming("model.glb", "model/gltf-binary") as file:
        if data is None:
            got = download_file(link, file, GLB, limit)
        else:
            data.seek(0)
            got = transfer(data.read, file.write, GLB, max_bytes=limit)
        yield file, got


def _unconfirmed(profile: AvaturnProfile, avatar_id: UUID) -> tuple[Avatar, AvatarFile]:
    """The avatar and the row of its model, made where they are not there yet.

    The row comes due only if this process dies before the model is kept.
    """
    if not AvaturnProfile.objects.filter(pk=profile.pk).update(synced_at=timezone.now()):  # a lock
        raise AvaturnProfile.DoesNotExist("The user has been erased meanwhile.")
    avatar, made = Avatar.objects.get_or_create(pk=avatar_id, defaults={"profile": profile})
    if avatar.profile_id != profile.pk:
        raise Avatar.DoesNotExist("The user has no such avatar.")
    avatar.profile = profile
    now = timezone.now()
    times = {"requested_at": now, "due_at": now + timedelta(seconds=GUARD_SECONDS)}
    row, made = AvatarFile.objects.get_or_create(
        avatar=avatar, kind=AvatarFile.Kind.MODEL, scene="", defaults=times
    )
    if not made:
        row.restart(**times)
    return avatar, row


def _note(avatar: Avatar, user: Owner, fields: Told) -> None:
    for field, value in fields.items():
        setattr(avatar, field, value)
    avatar.save(update_fields=[*fields, "updated_at"])
    show(avatar)
    notify = partial(signals.avatar_exported.send_robust, Avatar, avatar=avatar, user=user)
    transaction.on_commit(notify, using=router.db_for_write(Avatar))


def _look_at(data: IO[bytes]) -> None:
    """With the API the model comes from there; what a browser sends tells only of its honesty."""
    data.seek(0)
    if data.read(len(MAGIC)) != MAGIC:
        raise FileRefused("This is not a GLB model.", permanent=False)


def _decoded(url: str) -> BytesIO:
    """What a base64 data URL holds; pages send large ones as files instead."""
    head, _, content = url.partition(",")
    if not head.endswith(";base64"):
        raise FileRefused("The export's data URL is not in base64.", permanent=False)
    try:
        return BytesIO(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError):
        raise FileRefused("The export's data URL cannot be decoded.", permanent=False) from None
