"""What Avaturn has told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .job import Job


class WebhookEvent(Job):
    """One message of Avaturn, kept without links. What it says is a hint, not a fact."""

    event = models.CharField(_("event"), max_length=64, editable=False)
    avatar_id = models.UUIDField(_("avatar id"), null=True, blank=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    payload = models.JSONField(_("message"), default=dict, editable=False)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        permissions = (("retry_webhookevent", "Can process webhook event again"),)
        ordering = ("-received_at", "-pk")
        indexes: ClassVar[tuple[models.Index, ...]] = (
            *Job.Meta.indexes,
            models.Index(fields=["-received_at", "-id"]),
        )

    def __str__(self) -> str:
        return self.event
