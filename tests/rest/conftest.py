"""Avatars that are ready, at Avaturn and here."""

from __future__ import annotations

import pytest

from django_avaturn import services
from django_avaturn.models import Avatar


@pytest.fixture
def add_avatar(sandbox):
    """Make one, and forget the calls that it took."""

    def make(user) -> Avatar:
        profile = services.get_profile(user)
        avatar_id = sandbox.add_avatar(profile.avaturn_id)
        services.sync_profile(profile)
        sandbox.calls.clear()
        return Avatar.objects.get(pk=avatar_id)

    return make


@pytest.fixture
def avatar(ann, add_avatar) -> Avatar:
    return add_avatar(ann)
