"""The one table of a hand-written integration."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Link(models.Model):
    """Ties a site user to a remote user."""

    # Without a constraint, for an app without migrations is made before the users' table.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False
    )
    remote_id = models.CharField(max_length=64)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.remote_id
