"""The log of what our own signals tell. They come after the commit, when it may speak of it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from . import log, signals
from .models import Avatar, AvatarFile


@receiver(signals.avatar_exported, dispatch_uid="django_avaturn.log_export")
def log_export(avatar: Avatar, user: Any, **kwargs: Any) -> None:
    """Somebody has saved an avatar in the editor."""
    log.AVATAR_EXPORTED.log(avatar_id=avatar.pk, user_id=user.pk)


@receiver(signals.consent_given, dispatch_uid="django_avaturn.log_consent")
def log_consent(user: Any, version: str, **kwargs: Any) -> None:
    """Somebody has agreed to the site's text."""
    log.CONSENT_GIVEN.log(user_id=user.pk, version=version)


@receiver(signals.avatar_ready, dispatch_uid="django_avaturn.log_ready")
def log_ready(avatar: Avatar, **kwargs: Any) -> None:
    """Avaturn has made an avatar."""
    log.AVATAR_READY.log(avatar_id=avatar.pk)


@receiver(signals.avatar_deleted, dispatch_uid="django_avaturn.log_deletion")
def log_deletion(avatar_id: Any, **kwargs: Any) -> None:
    """An avatar is gone, by whatever road."""
    log.AVATAR_DELETED.log(avatar_id=avatar_id)


@receiver((signals.model_stored, signals.portrait_stored), dispatch_uid="django_avaturn.log_file")
def log_file(file: AvatarFile, **kwargs: Any) -> None:
    """A model or a portrait is in the storage."""
    log.FILE_STORED.log(avatar_id=file.avatar_id, kind=file.kind, size=file.size)
