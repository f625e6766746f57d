"""What still has to go, at Avaturn and out of the site's storage."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .job import Job


class RemoteDeletion(Job):
    """Something to delete at Avaturn: one avatar, or without ``avatar_id`` a whole user."""

    avaturn_id = models.CharField(_("Avaturn user id"), max_length=190, editable=False)
    avatar_id = models.UUIDField(_("avatar id"), null=True, blank=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("remote deletion")
        verbose_name_plural = _("remote deletions")
        permissions = (("retry_remotedeletion", "Can retry remote deletion"),)
        ordering = ("-created_at", "-pk")
        indexes = (
            *Job.Meta.indexes,
            # What of a remote user must not be brought back; what has been proof for long enough.
            models.Index(fields=["avaturn_id"], name="avaturn_deletion_owner"),
            models.Index(fields=["done_at"], name="avaturn_deletion_done"),
        )

    def __str__(self) -> str:
        what = _("avatar %s") % self.avatar_id if self.avatar_id else _("user with all avatars")
        return str(what)


class FileDeletion(Job):
    """A name in the storage that no row owns, or not yet.

    It is written down before a file is stored, and taken back in the transaction that ties the
    file to its row: a process may die at any line, and no file is left behind. The row itself
    goes once the file has gone.
    """

    name = models.CharField(_("name in the storage"), max_length=255, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("file deletion")
        verbose_name_plural = _("file deletions")
        permissions = (("retry_filedeletion", "Can retry file deletion"),)
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.name
