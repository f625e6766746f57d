"""Work that must survive: what is waiting, what failed and why, and another try."""

from __future__ import annotations

import json
import time
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .. import jobs
from ..jobs.events import ACTIONS
from ..models import AvatarFile, FileDeletion, Job, RemoteDeletion, WebhookEvent
from ..models.job import JobQuerySet
from . import cells
from .base import Button, MirrorAdmin, user_search
from .outcome import tell_of_work

PATIENCE = 20.0
"""Seconds after which a page starts no further row: the rest is due, and comes by itself."""


class JobAdmin(MirrorAdmin):
    """Rows that change by being worked on, and by nothing else."""

    ordering = ("-pk",)  # as they were made; this order has an index in every table
    actions: tuple[str, ...] = ("try_now",)
    buttons: tuple[Button, ...] = (
        Button(action="try_now", slug="try", title=_("Try it at once, whenever it is due")),
    )

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, row: Job) -> SafeString:
        """Where the work stands."""
        return cells.state(row.state)

    @admin.display(description=_("last error"))
    def reason(self, row: Job) -> str:
        """Why it is not done, or a remark."""
        return cells.reason(row.error)

    @admin.display(description=_("due"), ordering="due_at")
    def next_try(self, row: Job) -> str:
        """When it is tried next."""
        return cells.due(row)

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may set work going."""
        return self.may(request, "retry")

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Try the chosen unfinished rows at once, those that failed for good included."""
        rows = self.chosen(queryset).exclude(state=Job.State.READY)
        unfinished = self._pinned(rows)
        jobs.revive(unfinished)
        self._work(request, unfinished, "Asked for another try.")

    def chosen(self, queryset: QuerySet[Any]) -> JobQuerySet:
        """Those that may be worked on; ``queryset`` may come with filters of the list."""
        rows: JobQuerySet = self.model._default_manager.filter(pk__in=queryset.values("pk"))
        return rows

    def _pinned(self, rows: JobQuerySet) -> JobQuerySet:
        """The same rows even when they no longer match what chose them."""
        keys = list(rows.values_list("pk", flat=True))
        pinned: JobQuerySet = self.model._default_manager.filter(pk__in=keys)
        return pinned

    def _work(self, request: HttpRequest, rows: JobQuerySet, logged: str) -> None:
        number = rows.count()
        began = time.monotonic()
        due = list(rows.due().order_by("pk"))
        self.log_changes(request, due, logged)
        for row in due:
            if not jobs.run(row) or time.monotonic() - began > PATIENCE:
                break
        remaining = rows.order_by("pk")
        left = remaining.exclude(state=Job.State.READY).count()
        tell_of_work(request, remaining.exclude(error=""), number - left, left)


@admin.register(AvatarFile)
class AvatarFileAdmin(JobAdmin):
    """Models and portraits: what is stored, what is on its way, what failed."""

    list_display = (
        "kind", "owner", "shown_state", "shown_size", "reason", "attempts", "next_try",
        "stored_at", "scene", "its_avatar",
    )  # fmt: skip
    list_filter = ("state", "kind", "requested_at")
    list_select_related = ("avatar__profile__user",)
    search_help_text = _("Search by user, or by the avatar's whole id.")
    avatar_id_field = "avatar"
    fields = (
        "avatar", "owner", ("kind", "scene", "format"), ("shown_state", "attempts"), "error",
        "picture", "stored_file", "sha256", ("requested_at", "next_try", "stored_at"),
    )  # fmt: skip

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Whatever names the user; ids are looked up by ``MirrorAdmin``."""
        return user_search("avatar__profile__user__")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may delete avatars may delete their files, or could not delete the avatars."""
        may_delete = super().has_delete_permission(request, obj)
        return may_delete or request.user.has_perm("django_avaturn.delete_avatar")  # pyright: ignore[reportAttributeAccessIssue]

    @admin.display(description=_("owner"), ordering="avatar__profile__user")
    def owner(self, row: AvatarFile) -> str:
        """Whose it is."""
        owner: str = row.avatar.profile.owner_name
        return owner

    @admin.display(description=_("avatar id"), ordering="avatar")
    def its_avatar(self, row: AvatarFile) -> str:
        """The id; Django's own label for such a column is not translated."""
        return str(row.avatar_id)

    @admin.display(description=_("size"), ordering="size")
    def shown_size(self, row: AvatarFile) -> str:
        """Of the file that is stored."""
        return cells.size(row.size)

    @admin.display(description=_("picture"))
    def picture(self, row: AvatarFile) -> str:
        """The portrait, where it is one."""
        url = row.kind == row.Kind.PORTRAIT and (row.thumbnail_url or row.url)
        return cells.thumbnail(url or "", str(row), side=128)

    @admin.display(description=_("file"))
    def stored_file(self, row: AvatarFile) -> str:
        """A link to what is stored, where the storage is on the web."""
        if not row.file:
            return cells.DASH
        url, size = row.url, filesizeformat(row.size or 0)
        text = _("Download (%(size)s)") % {"size": size}
        return format_html('<a href="{}" download>{}</a>', url, text) if url else size


@admin.register(RemoteDeletion)
class RemoteDeletionAdmin(JobAdmin):
    """What is still to be deleted at Avaturn, and what has been."""

    list_display = (
        "__str__", "shown_state", "reason", "attempts", "next_try", "created_at", "done_at",
    )  # fmt: skip
    list_filter = ("state", "created_at")
    search_fields = ("avaturn_id__exact",)
    search_help_text = _("Search by the whole id of an avatar or of the Avaturn user.")
    avatar_id_field = "avatar_id"
    fields = (
        "avaturn_id", "avatar_id", ("shown_state", "attempts"), "error",
        ("created_at", "next_try", "done_at"),
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: without the row, Avaturn's copy would stay for ever."""
        return False


@admin.register(FileDeletion)
class FileDeletionAdmin(JobAdmin):
    """What is still to be removed from the storage. A row goes when its file has gone."""

    list_display = ("name", "shown_state", "reason", "attempts", "next_try", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("name",)
    search_help_text = _("Search by a part of the name.")
    fieldsets = (
        (
            None,
            {
                "description": _(
                    "Written down before a file is stored, and taken back once it is: a row that "
                    "has not been tried and is not due yet stands for a file on its way."
                ),
                "fields": (
                    "name",
                    ("shown_state", "attempts"),
                    "error",
                    ("created_at", "next_try"),
                ),
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: without the row, the file would stay for ever."""
        return False

    def chosen(self, queryset: QuerySet[Any]) -> JobQuerySet:
        """All but those that stand guard for a file which is just being stored."""
        return super().chosen(queryset).exclude(attempts=0, due_at__gt=timezone.now())


class EventFilter(admin.SimpleListFilter):
    """By event. The known ones: to ask the table for all there are would read all of it."""

    title = _("event")
    parameter_name = "event"
    OTHER = "other"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """What the site acts on, and the rest."""
        return [*((name, name) for name in ACTIONS), (self.OTHER, _("other"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with the chosen event."""
        if self.value() == self.OTHER:
            return queryset.exclude(event__in=ACTIONS)
        return queryset.filter(event=self.value()) if self.value() else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(JobAdmin):
    """What Avaturn has told, what came of it, and doing it once more."""

    list_display = (
        "event", "shown_state", "reason", "received_at", "processed_at", "attempts", "avatar_id",
    )  # fmt: skip
    list_filter = (EventFilter, "state", "received_at")
    search_fields = ("event",)
    search_help_text = _("Search by event, or by the avatar's whole id.")
    avatar_id_field = "avatar_id"
    actions = ("process_again",)
    buttons = (
        Button(
            action="process_again",
            slug="process",
            title=_("Do once more what this event asks for; Avaturn is asked what is true"),
        ),
    )
    fields = (
        "event", "avatar_id", ("shown_state", "attempts"), "error", "message",
        ("received_at", "next_try", "processed_at"),
    )  # fmt: skip

    @admin.display(description=_("message"))
    def message(self, row: WebhookEvent) -> SafeString:
        """What came, without its links."""
        text = json.dumps(row.payload, indent=2, ensure_ascii=False)
        return format_html('<pre class="avaturn-message">{}</pre>', text)

    @admin.action(description=_("Process again"), permissions=["retry"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Do at once what the chosen events ask for, those that are done included."""
        rows = self._pinned(self.chosen(queryset))
        rows.restart()
        self._work(request, rows, "Asked to have it processed again.")
