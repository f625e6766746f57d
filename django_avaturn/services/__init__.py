"""The public Python API: what the views, the admin and the commands call, and you may too.

Plain functions. Each that asks Avaturn or the database has an ``a…`` twin for async code.
"""

from .avatars import (
    SyncResult,
    aactivate_avatar,
    activate_avatar,
    adelete_avatar,
    arecord_export,
    async_profile,
    delete_avatar,
    record_export,
    sync_profile,
)
from .connection import get_client
from .files import (
    arequest_files,
    arequest_portrait,
    astore_portrait,
    request_files,
    request_portrait,
    store_portrait,
)
from .profiles import aerase, aget_profile, erase, get_profile
from .sessions import aopen_session, open_session

__all__ = [
    "SyncResult",
    "aactivate_avatar",
    "activate_avatar",
    "adelete_avatar",
    "aerase",
    "aget_profile",
    "aopen_session",
    "arecord_export",
    "arequest_files",
    "arequest_portrait",
    "astore_portrait",
    "async_profile",
    "delete_avatar",
    "erase",
    "get_client",
    "get_profile",
    "open_session",
    "record_export",
    "request_files",
    "request_portrait",
    "store_portrait",
    "sync_profile",
]
