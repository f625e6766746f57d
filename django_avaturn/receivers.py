"""Deletion by any road reaches Avaturn: admin, shell, cascade, queryset."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, Model, QuerySet, Value, When
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from . import jobs
from .models import Avatar, AvaturnProfile, RemoteDeletion


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


@receiver(post_save, sender=RemoteDeletion, dispatch_uid="django_avaturn.remote_deletion")
def remote_deletion_saved(instance: RemoteDeletion, created: bool, **kwargs: Any) -> None:
    """Try a new row right after the commit; what fails stays due."""
    if created:
        jobs.run_after_commit(instance)
