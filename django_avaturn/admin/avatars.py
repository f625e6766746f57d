"""The avatars: pictures, models, what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.db import router, transaction
from django.db.models import (
    CharField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .. import services
from ..hooks import portrait_scenes
from ..models import Avatar, AvatarFile
from ..models.files import address
from . import cells, sheets
from .base import Button, user_search
from .deleting import DeletingAdmin
from .exporting import ExportingAdmin
from .filters import AvatarOwnerFilter, ConfirmedFilter
from .outcome import tell_of_files
from .paging import PagedList
from .preview import preview

if TYPE_CHECKING:
    FileInlineBase = admin.TabularInline[AvatarFile, Avatar]
else:  # the generic form exists for type checkers only
    FileInlineBase = admin.TabularInline

Kind = AvatarFile.Kind
OWNER = ("profile__user",)


class AvatarList(PagedList):
    """The list with what there is of each avatar's files, at no further query."""

    def complete(self, page: QuerySet[Any]) -> QuerySet[Any]:
        """With picture and model."""
        completed: QuerySet[Any] = page.annotate(
            picture=_first(Kind.PORTRAIT, _PICTURE),
            model_size=_first(Kind.MODEL, "size"),
            model_state=_first(Kind.MODEL, "state"),
        )
        return completed


_PICTURE = Coalesce(NullIf("thumbnail", Value("")), "file", output_field=CharField())


def _first(kind: str, value: Any) -> Subquery:
    rows = AvatarFile.objects.filter(avatar=OuterRef("pk"), kind=kind)
    # By the key alone, MariaDB would walk the whole table in that order for each avatar.
    rows = rows.order_by("created_at", "pk")
    return Subquery(rows.values_list(value)[:1])


class FileInline(FileInlineBase):
    """An avatar's files; each links to its own page."""

    model = AvatarFile
    fields = (
        "kind", "shown_state", "shown_size", "reason", "attempts", "next_try", "stored_at", "scene",
    )  # fmt: skip
    readonly_fields = fields
    ordering = ("pk",)
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Files come from Avaturn."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing to fill in here."""
        return False

    @admin.display(description=_("state"))
    def shown_state(self, row: AvatarFile) -> SafeString:
        """Where the work stands."""
        return cells.state(row.state)

    @admin.display(description=_("size"))
    def shown_size(self, row: AvatarFile) -> str:
        """Of the file that is stored."""
        return cells.size(row.size)

    @admin.display(description=_("last error"))
    def reason(self, row: AvatarFile) -> str:
        """Why it is not done."""
        return cells.reason(row.error)

    @admin.display(description=_("due"))
    def next_try(self, row: AvatarFile) -> str:
        """When it is tried next."""
        return cells.due(row)


def _askable(request: HttpRequest, chosen: QuerySet[Avatar]) -> list[Avatar]:
    """Those that Avaturn can be asked for; says why the others cannot be."""
    rows = list(chosen)
    gone = sum(row.gone_at is not None for row in rows)
    if gone:
        text = ngettext("%d is gone from Avaturn.", "%d are gone from Avaturn.", gone)
        messages.warning(request, text % gone)
    unconfirmed = sum(not row.confirmed for row in rows if row.gone_at is None)
    if unconfirmed:
        text = ngettext(
            "%d is not confirmed by Avaturn, so nothing can be fetched for it.",
            "%d are not confirmed by Avaturn, so nothing can be fetched for them.",
            unconfirmed,
        )
        messages.warning(request, text % unconfirmed)
    return [row for row in rows if row.confirmed and row.gone_at is None]


def _each(
    request: HttpRequest, avatars: Iterable[Avatar], do: Callable[[Avatar], object]
) -> list[Avatar]:
    """Those with which it was done; says so of one that is deleted at this very moment."""
    done = []
    for avatar in avatars:
        try:
            do(avatar)
        except Avatar.DoesNotExist as error:
            messages.error(request, str(error))
        else:
            done.append(avatar)
    return done


@admin.register(Avatar)
class AvatarAdmin(ExportingAdmin, DeletingAdmin):
    """List, search, filter, look at, make active, fetch again, delete here and at Avaturn."""

    list_display = (
        "portrait", "owner", "status", "is_active", "is_confirmed", "model_file", "gender",
        "supports_face_animations", "created_at", "id",
    )  # fmt: skip
    list_display_links = ("portrait", "owner")
    list_filter = (
        "status", ConfirmedFilter, AvatarOwnerFilter, "gender", "supports_face_animations",
        "created_at",
    )  # fmt: skip
    list_class = AvatarList
    list_select_related = OWNER
    search_help_text = _("Search by user, or by the avatar's whole id.")
    avatar_id_field = "pk"
    actions = ("make_active", "fetch_again", "new_portrait", "export_csv")
    sheet = sheets.AVATARS
    buttons = (
        Button(
            action="fetch_again",
            slug="fetch",
            title=_("Fetch the model anew, and have its portraits made anew"),
        ),
        Button(action="new_portrait", slug="portrait", title=_("Have another portrait made")),
    )
    inlines = (FileInline,)
    fields = (
        "owner", "id", ("is_confirmed", "remote_user"), ("status", "is_active"),
        ("gender", "body_id", "supports_face_animations"),
        ("created_at", "updated_at", "gone_at"),
    )  # fmt: skip

    def sheet_lines(self, rows: list[Any]) -> Iterable[Sequence[object]]:
        """With the states and sizes of the files."""
        return sheets.avatar_lines(rows)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Whatever names the user; ids are looked up by ``MirrorAdmin``."""
        return user_search("profile__user__")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the avatar in 3D above the fields."""
        avatar = context["original"]
        prefetch_related_objects([avatar], "files")
        context["avaturn_preview"] = preview(request, avatar)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("portrait"))
    def portrait(self, avatar: Any) -> str:
        """Its picture, small."""
        alt = _("Portrait of %(user)s") % {"user": avatar.profile.owner_name}
        return cells.thumbnail(address(avatar.picture), alt)

    @admin.display(description=_("owner"), ordering="profile__user")
    def owner(self, avatar: Avatar) -> str:
        """Whose it is."""
        return avatar.profile.owner_name

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, avatar: Avatar) -> bool:
        """Whether its owner shows it."""
        return avatar.active

    @admin.display(description=_("confirmed"), boolean=True, ordering="avaturn_id")
    def is_confirmed(self, avatar: Avatar) -> bool:
        """Whether Avaturn has said whose it is."""
        return avatar.confirmed

    @admin.display(description=_("Avaturn user id"))
    def remote_user(self, avatar: Avatar) -> str:
        """Its owner at Avaturn, where that is known."""
        return avatar.avaturn_id or cells.DASH

    @admin.display(description=_("model"))
    def model_file(self, avatar: Any) -> str:
        """Size of the model, and where the work on it stands."""
        if avatar.model_state is None:
            return cells.DASH
        size = "" if avatar.model_size is None else cells.size(avatar.model_size)
        parts = (size, cells.state(avatar.model_state))
        return format_html('<span class="avaturn-model">{} {}</span>', *parts)

    def has_fetch_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may have files fetched anew; that changes no avatar."""
        return self.may(request, "fetch")

    @admin.action(description=_("Make active"), permissions=["change"])
    def make_active(self, request: HttpRequest, queryset: QuerySet[Avatar]) -> None:
        """For each chosen avatar: its owner shows this one from now on."""
        avatars = queryset.select_related("profile")
        shown = _each(request, avatars, services.activate_avatar)
        self.log_changes(request, shown, "Made active.")
        if shown:
            messages.success(request, _("Done: each user now shows the avatar you chose."))

    @admin.action(description=_("Fetch again"), permissions=["fetch"])
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[Avatar]) -> None:
        """Model and portraits of the chosen avatars, as they are now at Avaturn."""
        kinds = (Kind.MODEL, Kind.PORTRAIT)
        logged = "Asked for its files again."
        self._ask(request, queryset, services.request_files, kinds=kinds, logged=logged)

    @admin.action(description=_("New portrait"), permissions=["fetch"])
    def new_portrait(self, request: HttpRequest, queryset: QuerySet[Avatar]) -> None:
        """Another picture of the chosen avatars, as they are now at Avaturn."""

        def ask(avatar: Avatar) -> None:
            services.request_portrait(avatar, next(iter(portrait_scenes(avatar)), ""))

        logged = "Asked for a new portrait."
        self._ask(request, queryset, ask, kinds=(Kind.PORTRAIT,), logged=logged)

    def get_buttons(self, row: Avatar) -> Sequence[Button]:
        """None for an avatar that Avaturn no longer has, or cannot be asked for."""
        return self.buttons if row.confirmed and not row.gone_at else ()

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Avatar],
        ask: Callable[[Avatar], None],
        *,
        kinds: tuple[str, ...],
        logged: str,
    ) -> None:
        avatars = _askable(request, queryset.select_related("profile__user"))
        files = AvatarFile.objects.filter(avatar__in=avatars, kind__in=kinds)
        try:
            # All in one: where the work is done at once, the rest is left once Avaturn is down.
            with transaction.atomic(router.db_for_write(AvatarFile)):
                files.update(
                    due_at=F("due_at")
                )  # SQLite: who writes first never meets a lock later
                self.log_changes(request, _each(request, avatars, ask), logged)
        except ImproperlyConfigured as error:
            messages.error(request, _("Nothing done: %(error)s") % {"error": error})
        else:
            tell_of_files(request, files)
