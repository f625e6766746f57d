"""What stands in the exported lists, one line for each row. The names are for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Sum, prefetch_related_objects

from ..models import Avatar, AvatarFile

AVATARS = (
    "id", "profile", "user", "avaturn_id", "status", "active", "confirmed", "gender", "body",
    "face_animations", "created_at", "updated_at", "gone_at", "model_state", "model_bytes",
    "model_stored_at", "portrait_state", "portrait_bytes", "portrait_stored_at",
)  # fmt: skip

PROFILES = (
    "id", "user", "visitor", "avaturn_id", "active_avatar", "avatars", "files", "file_bytes",
    "consent_version", "consented_at", "created_at", "synced_at",
)  # fmt: skip


def avatar_lines(avatars: list[Avatar]) -> Iterator[tuple[object, ...]]:
    """With the state and size of the files: one query, and one for profiles not read yet."""
    prefetch_related_objects(avatars, "profile", "files")
    for avatar in avatars:
        yield (
            avatar.pk, avatar.profile_id, avatar.profile.user_id, avatar.avaturn_id,
            avatar.status, avatar.active, avatar.confirmed, avatar.gender, avatar.body_id,
            avatar.supports_face_animations, avatar.created_at, avatar.updated_at,
            avatar.gone_at, *_file(avatar.model), *_file(avatar.portrait),
        )  # fmt: skip


def _file(row: AvatarFile | None) -> tuple[object, ...]:
    return (row.state, row.size, row.stored_at) if row else (None, None, None)


def profile_lines(profiles: list[Any]) -> Iterator[tuple[object, ...]]:
    """With number and size of the files: one query. The avatars have been counted already."""
    files = AvatarFile.objects.filter(avatar__profile__in=profiles)
    sums = files.order_by().values_list("avatar__profile").annotate(Count("size"), Sum("size"))
    stored = {profile: found for profile, *found in sums}
    for profile in profiles:
        yield (
            profile.pk, profile.user_id, profile.user_id is None, profile.avaturn_id,
            profile.active_avatar_id, profile.avatar_count, *stored.get(profile.pk, (0, 0)),
            profile.consent_version, profile.consented_at, profile.created_at,
            profile.synced_at,
        )  # fmt: skip
