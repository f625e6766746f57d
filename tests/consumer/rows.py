"""The models, the signals and the errors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.dispatch import receiver

from django_avaturn import exceptions, models, signals


def rows(user: User, guest: models.Guest) -> list[str]:
    """What a site shows and counts."""
    own = models.Avatar.objects.of(user).filter(status=models.Avatar.Status.READY)
    active = own.first()
    theirs = models.AvaturnProfile.objects.of(guest).exists()
    due = models.AvatarFile.objects.due().count() + models.WebhookEvent.objects.due().count()
    due += models.RemoteDeletion.objects.due().count() + models.FileDeletion.objects.due().count()
    names = [f"{avatar.pk}" for avatar in own]
    return names if active and (theirs or due) else []


def shown(avatar: models.Avatar) -> tuple[UUID, str | None, bool]:
    """What a page shows of an avatar."""
    portrait: models.AvatarFile | None = avatar.portrait
    model: models.AvatarFile | None = avatar.model
    ready = model is not None and state(model) == models.Job.State.READY
    return avatar.id, portrait.version if portrait else None, ready


def state(row: models.Job) -> str:
    """Any row of work."""
    return row.state


@receiver(signals.consent_given)
@receiver(signals.avatar_exported)
@receiver(signals.avatar_ready)
@receiver(signals.model_stored)
@receiver(signals.portrait_stored)
@receiver(signals.avatar_deleted)
def told(sender: type[Any], **kwargs: Any) -> None:
    """Hears of everything."""


def explain(error: Exception) -> str | float | UUID | tuple[object, ...] | None:
    """What each error says."""
    match error:
        case exceptions.AvaturnNotConfigured() | exceptions.PictureNotWanted():
            return str(error)
        case exceptions.AvaturnConflict():
            return error.asset_id or error.slot
        case exceptions.AvaturnGone():
            return error.asset_ids
        case exceptions.AvaturnInvalid():
            return error.fields
        case exceptions.AvaturnUnauthorized() | exceptions.AvaturnNotFound():
            return error.request_id
        case exceptions.AvaturnOtherProject() | exceptions.AvaturnRejected():
            return error.path
        case exceptions.AvaturnTimeout() | exceptions.AvaturnUnavailable():
            return error.retry_after if error.asked else None
        case exceptions.AvaturnThrottled():
            return error.retry_after
        case exceptions.NeedsApi() | exceptions.FaceAnimationsRequired():
            return error.method
        case exceptions.FileRefused() | exceptions.DownloadRefused() | exceptions.DownloadFailed():
            return "for good" if error.permanent else "for now"
        case exceptions.AvaturnError():
            return error.status
        case exceptions.ConsentRequired():
            return error.version
        case exceptions.CustomizationInvalid():
            return tuple(error.errors)
        case exceptions.AvatarNotReady() | exceptions.PictureInvalid():
            return str(error)
        case _:
            return None
