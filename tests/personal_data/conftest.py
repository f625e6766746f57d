"""People with avatars, here and in a bucket."""

from __future__ import annotations

import pytest
from django.core.files.storage import storages

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile
from tests.personal_data.bucket import Bucket
from tests.services.test_portraits import picture, upload


@pytest.fixture
def dress(sandbox):
    """Make a person an avatar with model and portrait."""

    def make(user) -> Avatar:
        avatar_id = sandbox.add_avatar(services.get_profile(user).avaturn_id)
        services.record_export(user, avatar_id, {"body_id": "body_1", "gender": "female"})
        jobs.run_due(AvatarFile)
        upload(Avatar.objects.get(pk=avatar_id), picture())
        return Avatar.objects.get(pk=avatar_id)

    return make


@pytest.fixture
def bucket(settings, tmp_path):
    """A storage whose files have no path on this machine."""
    backend = {
        "BACKEND": f"{Bucket.__module__}.Bucket",
        "OPTIONS": {"location": str(tmp_path / "b")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    Bucket.reads = []
    return storages["default"]
