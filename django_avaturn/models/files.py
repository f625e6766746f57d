"""Model and portrait of an avatar, in the site's own storage."""

from __future__ import annotations

import secrets
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from .job import Job
from .profile import Avatar

if TYPE_CHECKING:
    from uuid import UUID


class SiteStorage(Storage):
    """The storage that ``STORAGE`` names, looked up afresh at each use."""

    def __getattribute__(self, name: str) -> Any:
        return getattr(storages[settings.STORAGE], name)


SITE_STORAGE = SiteStorage()


def address(name: str | None) -> str:
    """Where the storage serves a name, signed where it signs; empty where it serves none."""
    try:
        return SITE_STORAGE.url(name) if name else ""
    except (NotImplementedError, ValueError):  # a storage that is not on the web
        return ""


def file_storage() -> Storage:
    """Where the files are; a callable, so that no migration names it."""
    return SITE_STORAGE


def file_name(row: AvatarFile | None, filename: str) -> str:
    """A name that cannot be guessed, tells nothing of the user, and is new for each version."""
    token = secrets.token_hex(20)
    return f"avaturn/{token[:2]}/{token}{PurePosixPath(filename).suffix}"


class AvatarFile(Job):
    """One file of an avatar, and the work that brings it.

    While a newer version is on its way the row is ``pending`` and ``file`` still the older one.
    """

    class Kind(models.TextChoices):
        """What the file is."""

        MODEL = "model", _("model")
        PORTRAIT = "portrait", _("portrait")

    avatar = models.ForeignKey(
        Avatar, on_delete=models.CASCADE, related_name="files", verbose_name=_("avatar")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, editable=False)
    scene = models.CharField(_("scene"), max_length=190, blank=True, editable=False)
    format = models.CharField(_("format"), max_length=8, blank=True, editable=False)
    render_id = models.UUIDField(_("render id"), null=True, blank=True, editable=False)
    file = models.FileField(
        _("file"), storage=file_storage, upload_to=file_name, max_length=255, blank=True
    )
    # A small copy of a portrait, for lists and navigation bars.
    thumbnail = models.FileField(
        _("thumbnail"), storage=file_storage, upload_to=file_name, max_length=255, blank=True
    )
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    requested_at = models.DateTimeField(_("requested"), default=timezone.now, editable=False)
    stored_at = models.DateTimeField(_("stored"), null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        avatar_id: UUID

        def get_kind_display(self) -> str: ...

    class Meta(Job.Meta):
        verbose_name = _("avatar file")
        verbose_name_plural = _("avatar files")
        ordering = ("-requested_at", "-pk")
        permissions = (("retry_avatarfile", "Can retry avatar file"),)
        # Of all that is stored, number and size are read from the second one alone. By its first
        # field nothing is looked up, so that MariaDB locks nothing in it on the way to a row.
        indexes = (*Job.Meta.indexes, models.Index(fields=["size", "kind"]))
        constraints = (
            models.UniqueConstraint(
                fields=["avatar", "kind", "scene"], name="avaturn_one_file_of_a_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.avatar_id}"

    @property
    def url(self) -> str:
        """Where the storage serves the file; empty where it serves none, or there is no file."""
        return address(self.file.name)

    @property
    def thumbnail_url(self) -> str:
        """The same of the small copy."""
        return address(self.thumbnail.name)

    @property
    def names(self) -> list[str]:
        """What it occupies in the storage."""
        return [file.name for file in (self.file, self.thumbnail) if file.name]

    @property
    def version(self) -> str:
        """Changes with every new file."""
        return self.sha256[:12]

    @property
    def awaits_browser(self) -> bool:
        """Whether a picture can only come from the browser of the avatar's owner."""
        no_other_way = self.due_at is None or self.state == self.State.FAILED
        return self.kind == self.Kind.PORTRAIT and self.state != self.State.READY and no_other_way
