"""Users with their avatars, and bringing them in step with Avaturn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import services
from ..exceptions import AvaturnError
from ..models import Avatar, AvaturnProfile
from . import cells, sheets
from .base import Button, user_search
from .deleting import DeletingAdmin
from .exporting import ExportingAdmin
from .filters import OwnerFilter

if TYPE_CHECKING:
    AvatarInlineBase = admin.TabularInline[Avatar, AvaturnProfile]
else:  # the generic form exists for type checkers only
    AvatarInlineBase = admin.TabularInline


class AvatarInline(AvatarInlineBase):
    """A profile's avatars; each links to its own page, where it can be deleted."""

    model = Avatar
    fields = (
        "id", "status", "is_confirmed", "gender", "supports_face_animations", "created_at",
        "gone_at",
    )  # fmt: skip
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Avatars come out of the editor."""
        return False

    @admin.display(description=_("confirmed"), boolean=True)
    def is_confirmed(self, avatar: Avatar) -> bool:
        """Whether Avaturn has said whose it is."""
        return avatar.confirmed


@admin.register(AvaturnProfile)
class ProfileAdmin(ExportingAdmin, DeletingAdmin):
    """Users and visitors with their avatars; "Sync now" asks Avaturn for the list."""

    list_display = ("owner", "linked", "avatar_count", "created_at", "synced_at")
    list_filter = (OwnerFilter, "created_at", "synced_at")
    search_help_text = _("Search by user, or by the whole id of an avatar or of the Avaturn user.")
    avatar_id_field = "avatars__pk"
    actions = ("sync_now", "export_csv")
    sheet = sheets.PROFILES
    buttons = (
        Button(action="sync_now", slug="sync", title=_("Ask Avaturn for the list of avatars")),
    )
    inlines = (AvatarInline,)
    editable = ("active_avatar",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """A user is a link to the user's own page; a visitor has none."""
        owner = "user" if obj and obj.user_id else "owner"
        return (
            (owner, "avaturn_id"), "former_ids", "active_avatar",
            ("consent_version", "consented_at"), ("created_at", "synced_at"),
        )  # fmt: skip

    def sheet_lines(self, rows: list[Any]) -> Iterable[Sequence[object]]:
        """With the number and size of the files."""
        return sheets.profile_lines(rows)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The user's names; ids are looked up by ``get_search_results``."""
        return user_search("user__")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The exact id at Avaturn, too; one more query, by its index.

        As one condition with the names, which are in another table, it would be looked for in all
        rows of both.
        """
        remote = AvaturnProfile.objects.filter(avaturn_id=search_term.strip())
        if search_term.strip() and remote.exists():
            return queryset.filter(avaturn_id=search_term.strip()), False
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of avatars, counted by the same query."""
        rows = super().get_queryset(request).select_related("user")
        # Counted for each row shown, where a join would group the whole table first.
        own = Avatar.objects.filter(profile=OuterRef("pk")).order_by().values("profile")
        number = Subquery(own.annotate(number=Count("pk")).values("number"))
        counted: QuerySet[Any] = rows.annotate(avatar_count=Coalesce(number, 0))
        return counted

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A plain choice: avatars are neither made nor deleted from within this form."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "active_avatar":
            for action in ("change", "delete", "view"):
                setattr(field.widget, f"can_{action}_related", False)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only the user's own avatars can be made active."""
        match = request.resolver_match
        if db_field.name == "active_avatar" and match:
            own = Avatar.objects.filter(profile=match.kwargs.get("object_id"))
            kwargs["queryset"] = own.select_related("profile")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what can be changed here: a request may be linking this profile right now."""
        if obj.active_avatar is None:
            AvaturnProfile.objects.filter(pk=obj.pk).update(active_avatar=None)
            return
        try:
            services.activate_avatar(obj.active_avatar)
        except Avatar.DoesNotExist as error:
            messages.error(request, str(error))

    @admin.display(description=_("owner"), ordering="user")
    def owner(self, profile: AvaturnProfile) -> str:
        """The user, or a visitor without an account."""
        return profile.owner_name

    @admin.display(description=_("former Avaturn user ids"))
    def former_ids(self, profile: AvaturnProfile) -> str:
        """Of remote users that own avatars of before a fresh start. One query."""
        former = [remote for remote in profile.remote_ids() if remote != profile.avaturn_id]
        return ", ".join(former) or cells.DASH

    @admin.display(description=_("linked"), boolean=True)
    def linked(self, profile: AvaturnProfile) -> bool:
        """Whether there is a user at Avaturn."""
        return bool(profile.avaturn_id)

    @admin.display(description=_("avatars"), ordering="avatar_count")
    def avatar_count(self, profile: Any) -> int:
        """How many avatars the site knows."""
        count: int = profile.avatar_count
        return count

    def get_buttons(self, row: AvaturnProfile) -> Sequence[Button]:
        """None without a user at Avaturn."""
        return self.buttons if row.avaturn_id else ()

    def avatars_of(self, rows: QuerySet[Any]) -> QuerySet[Avatar]:
        """Those of these profiles."""
        return Avatar.objects.filter(profile__in=rows.values("pk"))

    def reaches_avaturn(self, rows: QuerySet[Any]) -> bool:
        """Where there is a remote user, it goes with all it has."""
        return rows.exclude(avaturn_id=None).exists() or super().reaches_avaturn(rows)

    def has_sync_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may have Avaturn asked for a profile's avatars."""
        return self.may(request, "sync")

    @admin.action(description=_("Sync now"), permissions=["sync"])
    def sync_now(self, request: HttpRequest, queryset: QuerySet[AvaturnProfile]) -> None:
        """Bring the chosen profiles in step with Avaturn, and say what came of it."""
        synced: list[AvaturnProfile] = []
        try:
            self._sync(request, queryset, synced)
        except (AvaturnError, ImproperlyConfigured) as error:
            messages.error(request, _("Not synced: %(error)s") % {"error": error})
        finally:
            self.log_changes(request, synced, "Synced with Avaturn.")

    def _sync(
        self,
        request: HttpRequest,
        queryset: QuerySet[AvaturnProfile],
        synced: list[AvaturnProfile],
    ) -> None:
        for profile in queryset:
            result = services.sync_profile(profile)
            synced.append(profile)
            numbers = {"added": result.added, "changed": result.changed, "gone": result.gone}
            text = _("%(user)s: %(added)s added, %(changed)s changed, %(gone)s gone.")
            messages.success(request, text % {"user": profile.owner_name, **numbers})
