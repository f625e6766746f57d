"""The tie between a site user and Avaturn, and the avatars behind it."""

from __future__ import annotations

import uuid
from operator import attrgetter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .files import AvatarFile


class AvaturnProfile(models.Model):
    """Ties one site user to one anonymous user at Avaturn."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="avaturn_profile",
        verbose_name=_("user"),
    )
    avaturn_id = models.CharField(
        _("Avaturn user id"), max_length=190, unique=True, null=True, blank=True, editable=False
    )
    active_avatar = models.ForeignKey(
        "Avatar",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("active avatar"),
    )
    # Until then one request is making the remote user, and others wait for it.
    claimed_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    synced_at = models.DateTimeField(_("last synced"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("Avaturn profile")
        verbose_name_plural = _("Avaturn profiles")

    def __str__(self) -> str:
        return _("Avaturn profile of %(user)s") % {"user": self.user}


class Avatar(models.Model):
    """One 3D person at Avaturn; the primary key is Avaturn's own id."""

    class Status(models.TextChoices):
        """State of the photo processing, in Avaturn's words. Others may turn up."""

        PENDING = "pending", _("waiting for photos")
        PROCESSING = "processing", _("processing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    class Gender(models.TextChoices):
        """The kind of body."""

        FEMALE = "female", _("female")
        MALE = "male", _("male")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(
        AvaturnProfile, on_delete=models.CASCADE, related_name="avatars", verbose_name=_("profile")
    )
    status = models.CharField(
        _("status"), max_length=32, choices=Status.choices, default=Status.PENDING
    )
    gender = models.CharField(_("gender"), max_length=16, choices=Gender.choices, blank=True)
    body_id = models.CharField(_("body"), max_length=64, blank=True)
    supports_face_animations = models.BooleanField(_("face animations"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    gone_at = models.DateTimeField(
        _("gone from Avaturn"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Since when Avaturn no longer lists this avatar."),
    )

    class Meta:
        verbose_name = _("avatar")
        verbose_name_plural = _("avatars")
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=["-created_at", "id"]),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def active(self) -> bool:
        """Whether this is the one its owner shows."""
        return self.profile.active_avatar_id == self.pk

    @property
    def model(self) -> AvatarFile | None:
        """Its GLB file, or None where none was asked for yet. Uses prefetched ``files``."""
        return next((file for file in self._files if file.kind == "model"), None)

    @property
    def portrait(self) -> AvatarFile | None:
        """Its picture: of several scenes the one that was asked for first."""
        return next((file for file in self._files if file.kind == "portrait"), None)

    @property
    def _files(self) -> list[AvatarFile]:
        return sorted(self.files.all(), key=attrgetter("pk"))
