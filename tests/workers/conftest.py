"""A site that several processes work for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from django.db import connections
from django.utils import timezone

from django_avaturn import services
from django_avaturn.models import Avatar, AvatarFile, FileDeletion, RemoteDeletion

from .processes import Child

HANDED_OVER = ("AVATURN", "FILE_UPLOAD_TEMP_DIR", "INSTALLED_APPS", "MEDIA_ROOT", "STORAGES")

PIECEWISE = {
    "STORAGES": {
        **global_settings.STORAGES,
        "default": {"BACKEND": "tests.workers.storage.PiecewiseStorage"},
    }
}


@pytest.fixture
def start(any_database: str, sandbox: Any, settings: Any) -> Iterator[Callable[..., Child]]:
    """Start a command of the site in a process of its own."""
    with ExitStack() as children:

        def start(*command: str, site: dict[str, Any] | None = None, **options: Any) -> Child:
            handed_over = {key: getattr(settings, key) for key in HANDED_OVER}
            handed_over |= {
                "DATABASES": {"default": connections[any_database].settings_dict},
                "DATABASE_ROUTERS": [],
                "MEDIA_ROOT": str(settings.MEDIA_ROOT),
                "FILE_UPLOAD_TEMP_DIR": str(settings.FILE_UPLOAD_TEMP_DIR),
                **(site or {}),
            }
            return children.enter_context(Child(handed_over, *command, **options))

        yield start


@pytest.fixture
def avatars(any_database: str, ann: Any, sandbox: Any) -> Callable[[int], list[Avatar]]:
    """Give Ann that many avatars, at Avaturn and here."""

    def make(number: int) -> list[Avatar]:
        profile = services.get_profile(ann)
        for _ in range(number):
            sandbox.add_avatar(profile.avaturn_id)
        services.sync_profile(profile)
        return list(profile.avatars.all())

    return make


@pytest.fixture
def stored(settings: Any) -> Callable[[], set[str]]:
    """What is in the storage, by name."""

    def stored() -> set[str]:
        root = Path(settings.MEDIA_ROOT)
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    return stored


@pytest.fixture
def temporary(settings: Any) -> Callable[[], list[Path]]:
    """The temporary files that are there."""
    return lambda: [p for p in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if p.is_file()]


def let_claims_lapse() -> None:
    """As if an hour had gone by."""
    past = timezone.now() - timedelta(hours=1)
    for model in (AvatarFile, FileDeletion, RemoteDeletion):
        model.objects.exclude(claimed_until=None).update(claimed_until=past)
        model.objects.exclude(due_at=None).update(due_at=past)
