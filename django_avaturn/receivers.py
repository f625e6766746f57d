"""Deletion by any road reaches Avaturn and the storage; what is due gets started."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.db import connections, transaction
from django.db.models import Case, F, Model, QuerySet, Value, When
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete
from django.dispatch import receiver

from . import jobs, log, services, signals, tasks
from .guests import SESSION_KEY
from .models import Avatar, AvatarFile, AvaturnProfile, Guest, Job, RemoteDeletion
from .services.profiles import clear
from .services.storing import discard

Origin = Model | QuerySet[Model] | None
"""What Django has been asked to delete: this, and what hangs on it."""


def user_will_go(instance: Model, using: str, **kwargs: Any) -> None:
    """Take in a profile that a request has made since the deletion of its user began."""
    own = AvaturnProfile.objects.filter(user=instance.pk)
    if connections[using].features.has_select_for_update:
        for pk in own.values_list("pk", flat=True):
            AvaturnProfile.hold(pk)  # PostgreSQL's own checks lock first this, then the user's row
        users = type(instance)._base_manager.using(using).filter(pk=instance.pk)
        list(users.select_for_update().values_list("pk"))  # who would make one now comes too late
    else:
        own.update(claimed_until=None)  # SQLite has one lock only, and wants it taken by writing
    own.delete()


def profile_will_go(instance: AvaturnProfile, using: str, **kwargs: Any) -> None:
    """Delete the avatars, and note down that the remote user has to go; former ones too."""
    row = AvaturnProfile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a request that is just linking it comes too late
    for current in row:
        clear(current)
        tell = partial(log.ERASED.log, profile_id=current.pk)
        transaction.on_commit(tell, using=using)
    row.update(avaturn_id=None)  # once is enough


def avatar_will_go(instance: Avatar, origin: Origin, using: str, **kwargs: Any) -> None:
    """Delete the files, note down what to delete at Avaturn, and tell of it after the commit."""
    if _is_cascade(Avatar, origin):
        return  # profile_will_go has to lock the profile before anything else is locked
    current = _held(instance)
    if current is None:
        return
    AvatarFile.objects.filter(avatar=current.pk).delete()
    if current.avaturn_id:
        RemoteDeletion.objects.create(avaturn_id=current.avaturn_id, avatar_id=current.pk)
    told = {"avatar_id": current.pk, "profile_id": current.profile_id}
    notify = partial(signals.avatar_deleted.send_robust, Avatar, **told)
    transaction.on_commit(notify, using=using)


def avatar_went(instance: Avatar, origin: Origin, **kwargs: Any) -> None:
    """A former remote user goes with the last of its avatars."""
    former = instance.avaturn_id
    if not former or _is_cascade(Avatar, origin):
        return
    if former != _current(instance) and not _is_needed(former):
        RemoteDeletion.objects.create(avaturn_id=former)


def file_will_go(instance: AvatarFile, origin: Origin, **kwargs: Any) -> None:
    """Have its files removed from the storage after the commit."""
    if _is_cascade(AvatarFile, origin):
        return  # avatar_will_go sees to it
    row = AvatarFile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a worker that is just storing a file comes too late
    for current in row:
        discard(current.names)


def _is_cascade(model: type[Model], origin: Origin) -> bool:
    """Whether what is deleted is something above ``model``."""
    deleted = origin.model if isinstance(origin, QuerySet) else origin
    return deleted is not None and deleted._meta.concrete_model is not model


def _held(avatar: Avatar) -> Avatar | None:
    """The avatar as it is now, shown no longer, under the lock that keeps others from adding to it.

    A log-in may have given it another owner since it was read.
    """
    # Writing first locks SQLite's file, which a transaction that starts by reading may find locked.
    shown = When(active_avatar=avatar.pk, then=Value(None))
    profile = AvaturnProfile.objects.filter(pk=avatar.profile_id)
    profile.update(active_avatar=Case(shown, default=F("active_avatar")))
    current = Avatar.objects.filter(pk=avatar.pk).first()
    if current is None or current.profile_id == avatar.profile_id:
        return current
    return _held(current)


def _current(avatar: Avatar) -> str | None:
    """The remote user of its profile; None where that goes along, or is not linked."""
    profile = AvaturnProfile.objects.filter(pk=avatar.profile_id)
    return profile.values_list("avaturn_id", flat=True).first()


def _is_needed(avaturn_id: str) -> bool:
    whole = RemoteDeletion.objects.filter(avaturn_id=avaturn_id, avatar_id=None)
    return whole.exists() or Avatar.objects.filter(avaturn_id=avaturn_id).exists()


@receiver(user_logged_in, dispatch_uid="django_avaturn.guest")
def visitor_logged_in(request: Any, user: Any, **kwargs: Any) -> None:
    """What somebody has made as a visitor becomes the user's; signing up logs in, too."""
    secret = request.session.pop(SESSION_KEY, None) if hasattr(request, "session") else None
    if isinstance(secret, str):
        services.claim_guest(Guest(secret), user)


def job_saved(instance: Job, **kwargs: Any) -> None:
    """Start what is due right after the commit."""
    if instance.is_due:
        tasks.enqueue_after_commit(instance)


for model in jobs.HANDLERS:
    post_save.connect(job_saved, sender=model, dispatch_uid=f"django_avaturn.{model.__name__}")

DELETIONS: tuple[tuple[ModelSignal, Callable[..., None], type[Model]], ...] = (
    (pre_delete, user_will_go, get_user_model()),
    (pre_delete, profile_will_go, AvaturnProfile),
    (pre_delete, avatar_will_go, Avatar),
    (post_delete, avatar_went, Avatar),
    (pre_delete, file_will_go, AvatarFile),
)

for signal, react, base in DELETIONS:
    for sender in apps.get_models():
        if sender._meta.concrete_model is base:  # the model itself, and proxies of it
            signal.connect(react, sender=sender, dispatch_uid=f"django_avaturn.{react.__name__}")
