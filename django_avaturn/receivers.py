"""Deletion by any road reaches Avaturn and the storage; what is due gets started."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Model, QuerySet, Value, When
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from . import jobs, signals, tasks
from .models import Avatar, AvatarFile, AvaturnProfile, Job, RemoteDeletion
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
    avaturn_id = profile.values_list("avaturn_id", flat=True).first()
    if avaturn_id:
        RemoteDeletion.objects.create(avaturn_id=avaturn_id, avatar_id=instance.pk)


@receiver(pre_delete, sender=AvaturnProfile, dispatch_uid="django_avaturn.profile")
def profile_will_go(instance: AvaturnProfile, **kwargs: Any) -> None:
    """Note down that the remote user has to go, with all its avatars."""
    row = AvaturnProfile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a request that is just linking it comes too late
    avaturn_id = row.values_list("avaturn_id", flat=True).first()
    if avaturn_id:
        RemoteDeletion.objects.create(avaturn_id=avaturn_id)


@receiver(post_delete, sender=Avatar, dispatch_uid="django_avaturn.avatar_deleted")
def avatar_went(instance: Avatar, using: str, **kwargs: Any) -> None:
    """Tell of it after the commit, whatever road it took."""
    told = {"avatar_id": instance.pk, "profile_id": instance.profile_id}
    notify = partial(signals.avatar_deleted.send_robust, Avatar, **told)
    transaction.on_commit(notify, using=using)


@receiver(pre_delete, sender=AvatarFile, dispatch_uid="django_avaturn.file")
def file_will_go(instance: AvatarFile, **kwargs: Any) -> None:
    """Have its files removed from the storage after the commit."""
    row = AvatarFile.objects.filter(pk=instance.pk)
    row.update(claimed_until=None)  # locks it; a worker that is just storing a file comes too late
    for current in row:
        discard(current.names)


def job_saved(instance: Job, **kwargs: Any) -> None:
    """Start what is due right after the commit."""
    if instance.is_due:
        tasks.enqueue_after_commit(instance)


for model in jobs.HANDLERS:
    post_save.connect(job_saved, sender=model, dispatch_uid=f"django_avaturn.{model.__name__}")
