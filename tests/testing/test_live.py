"""Avaturn on a port, while the site works in threads of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_avaturn.models import AvatarFile
from django_avaturn.testing import LiveAvaturn


@pytest.mark.urls("tests.urls")
def test_settle_waits_for_what_the_site_is_at(avaturn_live: LiveAvaturn, ann: Any) -> None:
    """Another thread has claimed a file, for as long as a download may take."""
    avaturn_live.configure(WEBHOOK_SECRETS=[])  # work of theirs would be waited for anyway
    avaturn_live.export(ann)
    avaturn_live.settle()
    model = AvatarFile.objects.filter(kind="model")
    now = timezone.now()
    claimed = {"due_at": now, "claimed_until": now + timedelta(seconds=1)}
    model.update(state="pending", file="", **claimed)
    avaturn_live.settle()
    assert model.get().file
