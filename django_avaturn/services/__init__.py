"""The public Python API: what the views, the admin and the commands call, and you may too.

Plain functions. Each that asks Avaturn or the database has an ``a…`` twin for async code.
"""

from .avatars import (
    SyncResult,
    aactivate_avatar,
    activate_avatar,
    adelete_avatar,
    afollow,
    async_profile,
    delete_avatar,
    follow,
    follow_all,
    sync_profile,
)
from .connection import get_client
from .consent import arecord_consent, record_consent
from .customizations import (
    aget_customization,
    aset_customization,
    get_customization,
    set_customization,
)
from .exports import arecord_export, record_export
from .files import (
    arequest_files,
    arequest_portrait,
    astore_portrait,
    request_files,
    request_portrait,
    store_portrait,
)
from .guests import aclaim_guest, claim_guest, forget_guests
from .personal_data import (
    apersonal_data,
    awrite_personal_data,
    personal_data,
    write_personal_data,
)
from .photos import PhotoInvalid, PhotosRefused, acreate_avatar, create_avatar
from .profiles import aerase, aget_profile, astart_over, erase, get_profile, start_over
from .projects import arelink, relink
from .sessions import aopen_session, open_session
from .syncing import Outcome, sync_all

__all__ = [
    "Outcome",
    "PhotoInvalid",
    "PhotosRefused",
    "SyncResult",
    "aactivate_avatar",
    "aclaim_guest",
    "acreate_avatar",
    "activate_avatar",
    "adelete_avatar",
    "aerase",
    "afollow",
    "aget_customization",
    "aget_profile",
    "aopen_session",
    "apersonal_data",
    "arecord_consent",
    "arecord_export",
    "arelink",
    "arequest_files",
    "arequest_portrait",
    "aset_customization",
    "astart_over",
    "astore_portrait",
    "async_profile",
    "awrite_personal_data",
    "claim_guest",
    "create_avatar",
    "delete_avatar",
    "erase",
    "follow",
    "follow_all",
    "forget_guests",
    "get_client",
    "get_customization",
    "get_profile",
    "open_session",
    "personal_data",
    "record_consent",
    "record_export",
    "relink",
    "request_files",
    "request_portrait",
    "set_customization",
    "start_over",
    "store_portrait",
    "sync_all",
    "sync_profile",
    "write_personal_data",
]
