"""The tie between a site user and Avaturn, and the avatars behind it."""

from __future__ import annotations

import uuid
from operator import attrgetter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .owners import AvatarQuerySet, OwnedQuerySet, ownership

if TYPE_CHECKING:
    from .files import AvatarFile
    from .owners import Viewer


class AvaturnProfile(models.Model):
    """Ties one site user, or one visitor, to one anonymous user at Avaturn."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="avaturn_profile",
        verbose_name=_("user"),
        null=True,
        blank=True,
    )
    # Digest of a visitor's secret, until the visitor logs in and the profile becomes the user's.
    guest = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
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

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("Avaturn profile")
        verbose_name_plural = _("Avaturn profiles")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user=None, guest__isnull=False)
                | models.Q(user__isnull=False, guest=None),
                name="avaturn_profile_has_one_owner",
            ),
        )

    def __str__(self) -> str:
        return _("Avaturn profile of %(user)s") % {"user": self.owner_name}

    @property
    def owner_name(self) -> str:
        """Who it belongs to, for staff."""
        return str(_("a visitor") if self.user_id is None else self.user)

    def belongs_to(self, owner: Viewer) -> bool:
        """Whether this user or visitor is its owner. No query."""
        fields = ownership(owner)
        return fields is not None and all(
            getattr(self, name) == value for name, value in fields.items()
        )

    def remote_ids(self) -> list[str]:
        """The remote user, and former ones that still own an avatar. One query."""
        former = self.avatars.exclude(avaturn_id__in=("", self.avaturn_id or ""))
        ids = [self.avaturn_id, *former.order_by().values_list("avaturn_id", flat=True).distinct()]
        return [remote_id for remote_id in ids if remote_id]


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
    # Its owner at Avaturn: the profile's remote user or a former one; "" where nobody has told.
    avaturn_id = models.CharField(
        _("Avaturn user id"), max_length=190, blank=True, default="", editable=False
    )
    # False: made from photos, and its look at Avaturn is undefined until one is written.
    customized = models.BooleanField(default=True, editable=False)
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

    objects = AvatarQuerySet.as_manager()

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
    def confirmed(self) -> bool:
        """Whether Avaturn has said whose it is; on its plan without API nobody can ask."""
        return bool(self.avaturn_id)

    @property
    def in_the_making(self) -> bool:
        """Whether Avaturn has yet to finish it."""
        made = (self.Status.READY, self.Status.FAILED)
        return self.confirmed and self.status not in made and self.gone_at is None

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
