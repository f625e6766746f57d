"""The tables of a hand-written integration."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Link(models.Model):
    """Ties a site user to a remote user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    remote_id = models.CharField(max_length=64)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.remote_id


class Message(models.Model):
    """What has been posted to the site."""

    body = models.TextField()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.body
