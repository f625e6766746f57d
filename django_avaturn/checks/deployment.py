"""What is well on a laptop, and is not in production. Told with ``--deploy``."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Info, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, InvalidStorageError, storages

from ..conf import Option, Settings, settings, site_dict
from .settings import LOOPBACK
from .work import check_workers

SANDBOX_TOKEN = "sandbox-token"  # noqa: S105  # no secret: the README's
PHOTOS = 3
ALONE = {
    "django.core.cache.backends.locmem.LocMemCache": "each process has for itself",
    "django.core.cache.backends.dummy.DummyCache": "keeps nothing",
}


def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """W005 webhook, W006 files, W011 tasks, W012 and W013 uploads, W014 and W015 token, I001."""
    try:
        token = [*_sandbox_token(), *_hidden()]
        files = [*_place(), *_room(), *_photos()]
        return [*_webhook(), *files, *check_workers(), *token, *_cache()]
    except (ImproperlyConfigured, InvalidStorageError):
        return []  # told by check_settings


def _webhook() -> list[CheckMessage]:
    if settings.WEBHOOK_SECRETS or not settings.API_TOKEN:
        return []
    return [
        Warning(
            "AVATURN has no WEBHOOK_SECRETS: models are asked for again and again until they are "
            "ready, and portraits are taken by the browsers of their owners.",
            hint="Put a secret of 20 characters or more into AVATURN['WEBHOOK_SECRETS'], and the "
            "address of 'avaturn:webhook' with this secret into the Avaturn developer portal.",
            id="avaturn.W005",
        )
    ]


def _place() -> list[CheckMessage]:
    storage = storages[settings.STORAGE]
    if not isinstance(storage, FileSystemStorage):
        return []
    if not storage.base_location:
        told = "MEDIA_ROOT is empty: models and portraits would lie in the working directory"
    elif storage.base_url in (None, "", "/"):
        told = "MEDIA_URL is empty: models and portraits would get addresses at the site's root"
    else:
        return []
    return [
        Warning(
            f"{told}, where no server finds them.",
            hint="Have your server serve one directory under one address, or name another storage "
            "in AVATURN['STORAGE']. With the address, for example:\n"
            '    MEDIA_ROOT = BASE_DIR / "media"\n'
            '    MEDIA_URL = "media/"',
            id="avaturn.W006",
        )
    ]


def _room() -> list[CheckMessage]:
    directory = Path(django_settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    if not directory.is_dir():
        return []  # told by Django
    if not os.access(directory, os.W_OK | os.X_OK):
        told = "cannot be written to"
    elif shutil.disk_usage(directory).total < settings.MAX_MODEL_BYTES:
        told = "has less room than MAX_MODEL_BYTES"
    else:
        return []
    return [
        Warning(
            f"The directory for temporary files, {directory}, {told}: no model, or no large one, "
            "could be fetched or uploaded.",
            hint="Name one that the site's own account can write to, on a disk with some hundred "
            'megabytes free:\n    FILE_UPLOAD_TEMP_DIR = "/var/tmp"',
            id="avaturn.W012",
        )
    ]


def _photos() -> list[CheckMessage]:
    limit: int | None = django_settings.DATA_UPLOAD_MAX_NUMBER_FILES
    if limit is None or limit >= PHOTOS or not settings.API_TOKEN:
        return []
    return [
        Warning(
            f"DATA_UPLOAD_MAX_NUMBER_FILES is {limit}: no avatar could be made from photos, for "
            f"they come {PHOTOS} in one form.",
            hint=f"Set it to {PHOTOS} or more:\n    DATA_UPLOAD_MAX_NUMBER_FILES = {PHOTOS}",
            id="avaturn.W013",
        )
    ]


def _sandbox_token() -> list[CheckMessage]:
    on_sandbox = urlsplit(settings.API_URL).hostname in LOOPBACK
    if settings.API_TOKEN != SANDBOX_TOKEN or on_sandbox:
        return []
    return [
        Warning(
            f"{Settings.API_TOKEN.source} is the sandbox's: Avaturn would refuse it, and nobody "
            "could open the editor.",
            hint="Put the token of your project at the Avaturn developer portal into the "
            "environment, as AVATURN_API_TOKEN, and take API_TOKEN out of the AVATURN dict.",
            id="avaturn.W014",
        )
    ]


def _hidden() -> list[CheckMessage]:
    return [
        Warning(
            f"AVATURN['{option.key}'] is not what {option.variable} in the environment says, and "
            "the environment has no effect.",
            hint="Take the key out of the settings, so that the environment is asked:\n"
            f'    del AVATURN["{option.key}"]',
            id="avaturn.W015",
        )
        for option in Settings.options()
        if option.key in site_dict() and os.environ.get(option.variable) and _differs(option)
    ]


def _differs(option: Option[Any]) -> bool:
    try:
        told = environ.Env().get_value(option.variable, cast=option.kind.cast)
        return bool(option.kind.read(told) != option.read())
    except (KeyError, TypeError, ValueError, ImproperlyConfigured):
        return True


def _cache() -> list[CheckMessage]:
    path = django_settings.CACHES.get("default", {}).get("BACKEND", "")
    if path not in ALONE:
        return []
    return [
        Info(
            f"The default cache is {path.rpartition('.')[2]}, which {ALONE[path]}: people can open "
            "the editor more often than SESSION_THROTTLE says, and processes do not tell each "
            "other that Avaturn is down.",
            hint="Use a cache that all processes share, such as:\n"
            '    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", '
            '"LOCATION": "redis://127.0.0.1:6379"}}',
            id="avaturn.I001",
        )
    ]
