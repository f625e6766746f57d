"""Avatars from three photos: checked here, made by Avaturn.

Needs Pillow (the extra ``portraits``).
"""

# The extra may be missing, which is asked before anything is used:
# pyright: reportOptionalMemberAccess=false, reportPossiblyUnboundVariable=false

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import log
from ..conf import settings
from ..exceptions import AvaturnRejected, NeedsApi
from ..hooks import get_hooks
from ..models import Avatar, AvaturnProfile, RemoteDeletion
from .connection import get_client
from .consent import require_consent
from .opening import kind_of, open_picture, without_metadata
from .photo_ends import end_of
from .profiles import get_profile
from .projects import on_behalf_of

try:
    from PIL import Image, UnidentifiedImageError
except ImportError:
    Image = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from ..client import NewAvatar
    from ..models.owners import Owner

TYPES = ("image/jpeg", "image/png", "image/webp")
MAX_BYTES = 15 * 1024 * 1024
"""Of one photo."""
MAX_PIXELS = {"JPEG": 32_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
"""A JPEG can be read without all of its pixels; others take up to 16 bytes of memory for each."""
MIN_SIDE = 64
QUALITY = 95
"""Of the JPEG that is made of another picture."""
SPOOL = 2**20
"""Bytes of it that are kept in memory."""

APPLE = {"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"}
BRANDS = {**dict.fromkeys(APPLE, "HEIC"), "avif": "AVIF", "avis": "AVIF"}
"""What the head of an ISO media file says of itself."""

NO_PILLOW = "Avatars from photos need Pillow: pip install 'django-avaturn[portraits]'."


class PhotoInvalid(ValueError):
    """A photo cannot be used; the text says, translated, what to do.

    ``errors`` has the text for each of several photos, by argument name (``frontal``, …).
    """

    def __init__(self, text: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.errors = dict(errors or {})


class PhotosRefused(AvaturnRejected):
    """Avaturn did not take the photos of an avatar (a 4xx status). Others may do."""


def available() -> bool:
    """Whether Pillow is there."""
    return Image is not None


def create_avatar(
    user: Owner,
    *,
    frontal: IO[bytes],
    side_1: IO[bytes],
    side_2: IO[bytes],
    body_type: Literal["female", "male"],
    telephoto: bool = False,
    consent: str = "",
) -> Avatar:
    """Have an avatar made from three photos: from the front, and from either side.

    The photos are open binary files; see ``check_photo`` for what is taken. ``telephoto`` tells
    that they were taken from a distance, with a tele lens; ``consent`` is the version of the site's
    consent text that the user agrees to right now, see ``record_consent``. Returns an avatar with
    the status ``processing``: it takes Avaturn some minutes, and ``avatar_ready`` is sent in the
    end.

    Two calls to Avaturn, three for a new user; no transaction is open meanwhile, and the link
    that takes the photos is kept nowhere. Where the upload fails, the avatar is deleted again,
    here and at Avaturn.

    Raises ``PermissionDenied`` where the hook ``may_open_session`` says no, ``ConsentRequired``,
    ``NeedsApi`` on Avaturn's plan without API, ``PhotoInvalid`` with the errors of all photos
    before anything but the consent has been noted, ``PhotosRefused`` where Avaturn does not take
    them, ``ValueError`` for another ``body_type``, another ``AvaturnError``,
    ``AvaturnNotConfigured``, or ``ImproperlyConfigured`` without Pillow.
    """
    if not get_hooks().may_open_session(user):
        raise PermissionDenied("This user may not make avatars.")
    if settings.free_plan:
        raise NeedsApi("Avatars from photos need Avaturn's API.")
    if body_type not in Avatar.Gender:
        raise ValueError("body_type must be 'female' or 'male'.")
    require_consent(user, consent)
    client = get_client()  # not configured? say so before anything is decoded
    with ExitStack() as stack:
        photos = _checked({"frontal": frontal, "side_1": side_1, "side_2": side_2}, stack)
        profile = get_profile(user)
        profile.avaturn_id, reserved = on_behalf_of(
            user, profile.avaturn_id or "", lambda owner: (owner, client.create_avatar(owner))
        )
        avatar = _reserve(profile, reserved, body_type)
        told: dict[str, Any] = {"body_type": body_type, "telephoto": telephoto, **photos}
        try:
            client.upload_photos(reserved.upload_url, **told)
        except AvaturnRejected as error:
            avatar.delete()
            raise _refused(error) from None
        except BaseException:
            avatar.delete()
            raise
    _begin(avatar)
    log.PHOTOS_SENT.log(avatar_id=avatar.pk)
    return avatar


acreate_avatar = sync_to_async(create_avatar)


def check_photo(photo: IO[bytes]) -> IO[bytes]:
    """The photo as JPEG without metadata, from its beginning, to be closed; ``photo`` stays open.

    A JPEG is not encoded anew: its pixels are passed on as they came, and place, camera and the
    like are left out. Taken are upright JPEG, PNG and WebP of at most ``MAX_BYTES`` and
    ``MAX_PIXELS`` that are whole and nothing but a picture. Raises ``PhotoInvalid``, or
    ``ImproperlyConfigured`` without Pillow.
    """
    if Image is None:
        raise ImproperlyConfigured(NO_PILLOW)
    size = photo.seek(0, os.SEEK_END)
    photo.seek(0)
    _check_size(size)
    _check_brand(photo.read(12))
    photo.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bombs: we have a limit; odd metadata: no matter
            return _read(photo, size)
    except PhotoInvalid:
        raise
    except UnidentifiedImageError:
        raise PhotoInvalid(_("This is not a photo. Use a JPEG, PNG or WebP file.")) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels(max(MAX_PIXELS.values())) from None
    except Exception:  # Pillow's readers raise whatever they stumble over
        raise _damaged() from None


def _check_size(size: int) -> None:
    if not size:
        raise PhotoInvalid(_("This file is empty. Choose the photo again."))
    if size > MAX_BYTES:
        text = _("This file has more than %(limit)s MB. Save the photo smaller.")
        raise PhotoInvalid(text % {"limit": MAX_BYTES // 2**20})


def _check_brand(head: bytes) -> None:
    kind = BRANDS.get(head[8:12].decode("latin-1")) if head[4:8] == b"ftyp" else None
    if kind:
        text = _(
            "This is a photo of the kind %(kind)s, which cannot be used. Save or export it as "
            "JPEG; an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible."
        )
        raise PhotoInvalid(text % {"kind": kind})


def _read(photo: IO[bytes], size: int) -> IO[bytes]:
    kind = kind_of(photo)
    _check_end(end_of(kind, photo), size)  # before Pillow walks through millions of parts
    image, turn = open_picture(kind, photo)
    with image:  # nothing but its head has been read
        _check_measures(image, turn, MAX_PIXELS[kind])
        if kind != "JPEG" and getattr(image, "is_animated", False):
            raise PhotoInvalid(_("This picture moves. Use a still photo."))
        if kind == "JPEG":
            image.draft(None, (image.width // 8, image.height // 8))  # a 64th of the memory
        image.load()
        made = without_metadata(photo) if kind == "JPEG" else _as_jpeg(image)
    made.seek(0)
    return made


def _check_measures(image: Any, turn: int, limit: int) -> None:
    if image.width * image.height > limit:
        raise _too_many_pixels(limit)
    if min(image.size) < MIN_SIDE:
        text = _("This photo is too small: it needs %(limit)s pixels on each side, better 1000.")
        raise PhotoInvalid(text % {"limit": MIN_SIDE})
    if turn > 1:
        raise PhotoInvalid(
            _("This photo is stored turned. Turn it upright in a photo app, and save it anew.")
        )


def _check_end(end: int | None, size: int) -> None:
    if end is None or end > size:
        raise _damaged()
    if end < size:
        raise PhotoInvalid(
            _(
                "This file holds more than a picture, such as motion photos do. Save or export it "
                "as a plain JPEG."
            )
        )


def _too_many_pixels(limit: int) -> PhotoInvalid:
    text = _("This photo has more than %(limit)s megapixels. Save it smaller.")
    return PhotoInvalid(text % {"limit": limit // 10**6})


def _damaged() -> PhotoInvalid:
    return PhotoInvalid(_("This photo is damaged or not whole. Send it again, or another one."))


def _as_jpeg(image: Any) -> IO[bytes]:
    """Without transparency and metadata."""
    if image.has_transparency_data:
        clear = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(clear, mask=clear)
    spooled = tempfile.SpooledTemporaryFile  # to be closed by who asked for it
    file: Any = spooled(SPOOL, dir=django_settings.FILE_UPLOAD_TEMP_DIR)
    try:
        image.convert("RGB").save(file, "JPEG", quality=QUALITY)
    except BaseException:
        file.close()
        raise
    return cast("IO[bytes]", file)


def _checked(photos: Mapping[str, IO[bytes]], stack: ExitStack) -> dict[str, IO[bytes]]:
    """All as JPEG, or the errors of all."""
    made: dict[str, IO[bytes]] = {}
    errors: dict[str, str] = {}
    seen: set[bytes] = set()
    for name, photo in photos.items():
        try:
            made[name] = check_photo(photo)
        except PhotoInvalid as error:
            errors[name] = str(error)
            continue
        stack.enter_context(made[name])
        digest = _digest(photo)
        if digest in seen:
            errors[name] = _("This is one of the other photos. Use three different ones.")
        seen.add(digest)
    if errors:
        raise PhotoInvalid(" ".join(errors.values()), errors)
    return made


def _digest(photo: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    photo.seek(0)
    while chunk := photo.read(2**18):
        digest.update(chunk)
    photo.seek(0)
    return digest.digest()


def _reserve(profile: AvaturnProfile, reserved: NewAvatar, body_type: str) -> Avatar:
    owner = profile.avaturn_id or ""
    facts = {"avaturn_id": owner, "gender": body_type, "customized": False}
    avatar = Avatar(id=reserved.avatar_id, profile=profile, **facts)
    with transaction.atomic(router.db_for_write(Avatar)):
        AvaturnProfile.hold(profile.pk)
        if AvaturnProfile.objects.filter(pk=profile.pk, avaturn_id=owner).exists():
            if not Avatar.objects.filter(pk=avatar.pk, profile=profile.pk).update(**facts):
                avatar.save(force_insert=True)  # no sync was quicker
            return avatar
        RemoteDeletion.objects.create(avaturn_id=owner, avatar_id=avatar.pk)
    raise Avatar.DoesNotExist("The user has been erased, or has started over, meanwhile.")


def _begin(avatar: Avatar) -> None:
    """Avaturn is at work now, unless it has been quicker and told already that it has finished."""
    pending = Avatar.objects.filter(pk=avatar.pk, status=Avatar.Status.PENDING)
    pending.update(status=Avatar.Status.PROCESSING, updated_at=timezone.now())
    avatar.refresh_from_db(fields=["status", "updated_at"])


def _refused(error: AvaturnRejected) -> PhotosRefused:
    about = {"method": error.method, "path": error.path, "request_id": error.request_id}
    return PhotosRefused("Avaturn did not take the photos.", status=error.status, **about)
