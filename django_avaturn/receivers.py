"""Deletion by any road reaches Avaturn and the storage; what is due gets started."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Case, F, Model, QuerySet, Value, When
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from . import jobs, services, signals, tasks
from .guests import SESSION_KEY
from .models import Avatar, AvatarFile, AvaturnProfile, Guest, Job, RemoteDeletion
from .services.storing import discard


@receiver(pre_delete, sender=Avatar, dispatch_uid="django_avaturn.avatar")
def avatar_will_go(instance: Avatar, origin: Model | QuerySet[Model] | None, **kwargs: Any) -> None:
    """Note down what to delete at Avaturn, in the transaction of the deletion."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if origin is not None and model is not Avatar:
        return  # a cascade: the row for the whole user, made below, includes this avatar
    # Writing first locks the row against a sync or an activation that runs at the same time, and
    # SQLite's file, which a transaction that starts by reading may find locked later.
    profile = AvaturnProfile.objects.filter(pk=instance.profile_id)
    shown = When(active_avatar=instance.pk, then=Value(None))
    profile.update(active_avatar=Case(shown, default=F("active_avatar")))
    avaturn_id = Avatar.objects.filter(pk=instance.pk).values_list("avaturn_id", flat=True).first()
    if avaturn_id:
        RemoteDeletion.objects.create(avaturn_id=avaturn_id, avatar_id=instance.pk)


@receiver(pre_delete, sender=AvaturnProfile, dispatch_uid="django_avaturn.profile")
def profile_will_go(instance: AvaturnProfile, **kwargs: Any) -> None:
    """Note down that the remote user has to go, with all its avatars, and former ones too."""
    row = AvaturnProfile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a request that is just linking it comes too late
    for current in row:
        for avaturn_id in current.remote_ids():
            RemoteDeletion.objects.create(avaturn_id=avaturn_id)


@receiver(post_delete, sender=Avatar, dispatch_uid="django_avaturn.avatar_deleted")
def avatar_went(instance: Avatar, using: str, **kwargs: Any) -> None:
    """Tell of it after the commit, whatever road it took.

    A former remote user goes with the last of its avatars.
    """
    former = instance.avaturn_id
    if former and former != _current(instance) and not _is_needed(former):
        RemoteDeletion.objects.create(avaturn_id=former)
    told = {"avatar_id": instance.pk, "profile_id": instance.profile_id}
    notify = partial(signals.avatar_deleted.send_robust, Avatar, **told)
    transaction.on_commit(notify, using=using)


def _current(avatar: Avatar) -> str | None:
    """The remote user of its profile; None where that goes along, or is not linked."""
    profile = AvaturnProfile.objects.filter(pk=avatar.profile_id)
    return profile.values_list("avaturn_id", flat=True).first()


def _is_needed(avaturn_id: str) -> bool:
    whole = RemoteDeletion.objects.filter(avaturn_id=avaturn_id, avatar_id=None)
    return whole.exists() or Avatar.objects.filter(avaturn_id=avaturn_id).exists()


@receiver(pre_delete, sender=AvatarFile, dispatch_uid="django_avaturn.file")
def file_will_go(instance: AvatarFile, **kwargs: Any) -> None:
    """Have its files removed from the storage after the commit."""
    row = AvatarFile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a worker that is just storing a file comes too late
    for current in row:
        discard(current.names)


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
