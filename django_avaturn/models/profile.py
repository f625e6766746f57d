"""The tie between a site user and Avaturn, and the avatars behind it."""

from __future__ import annotations

import uuid
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .owners import AvatarQuerySet, OwnedQuerySet, ownership

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from .files import AvatarFile
    from .owners import Viewer


class ProfileQuerySet(OwnedQuerySet):
    """Profiles."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them, each under its lock, see ``AvaturnProfile.delete``."""
        keys = sorted(self.values_list("pk", flat=True))
        with transaction.atomic(router.db_for_write(self.model)):
            for pk in keys:
                self.model.hold(pk)
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


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
    # Of the site's consent text; "" and no time until the owner has agreed to one.
    consent_version = models.CharField(
        _("consent to version"), max_length=64, blank=True, default="", editable=False
    )
    consented_at = models.DateTimeField(_("consent given"), null=True, blank=True, editable=False)
    # Until then one request is making the remote user, and others wait for it.
    claimed_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    synced_at = models.DateTimeField(_("last synced"), null=True, blank=True, editable=False)

    objects = ProfileQuerySet.as_manager()

    if TYPE_CHECKING:
        user_id: Any
        active_avatar_id: uuid.UUID | None
        avatars: RelatedManager[Avatar]

    class Meta:
        verbose_name = _("Avaturn profile")
        verbose_name_plural = _("Avaturn profiles")
        permissions = (("sync_avaturnprofile", "Can sync Avaturn profile with Avaturn"),)
        # The longest unsynced first.
        indexes = (models.Index(fields=["synced_at", "id"], name="avaturn_longest_unsynced"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user=None, guest__isnull=False)
                | models.Q(user__isnull=False, guest=None),
                name="avaturn_profile_has_one_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(consent_version="", consented_at=None)
                | (~models.Q(consent_version="") & models.Q(consented_at__isnull=False)),
                name="avaturn_consent_has_its_time",
            ),
        )

    def __str__(self) -> str:
        return _("Avaturn profile of %(user)s") % {"user": self.owner_name}

    @classmethod
    def hold(cls, pk: Any) -> bool:
        """Lock a profile's row to the end of the transaction; False where it is gone.

        Whoever adds or removes what belongs to an owner takes this lock, and takes it first, so
        that nobody works on what another is deleting, and nobody waits in a circle.
        """
        # Writes nothing new; it makes SQLite's file ours from the start, too. By the key alone:
        # MariaDB locks each index that a condition uses, in an order of its own.
        return bool(cls.objects.filter(pk=pk).update(synced_at=models.F("synced_at")))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the profile with all avatars, under its lock.

        Django chooses what goes along before its own transaction begins: without the lock a log-in
        could hand over an avatar in between.
        """
        with transaction.atomic(router.db_for_write(type(self))):
            self.hold(self.pk)
            return super().delete(*args, **kwargs)

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

    if TYPE_CHECKING:
        profile_id: int
        files: RelatedManager[AvatarFile]

    class Meta:
        verbose_name = _("avatar")
        verbose_name_plural = _("avatars")
        permissions = (("fetch_avatar", "Can fetch files of avatar again"),)
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=["-created_at", "id"]),
            # Whether a former remote user still has one.
            models.Index(fields=["avaturn_id"], name="avaturn_remote_owner"),
        )

    def __str__(self) -> str:
        return str(self.id)

    def hold(self) -> None:
        """Lock its owner's row, see ``AvaturnProfile.hold``.

        Raises ``DoesNotExist`` where the avatar has been deleted, or has got another owner.
        """
        row = Avatar.objects.filter(pk=self.pk, profile=self.profile_id)
        if not (AvaturnProfile.hold(self.profile_id) and row.exists()):
            raise Avatar.DoesNotExist("The avatar has been deleted.")

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
