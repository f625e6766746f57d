"""Avatars, profiles and remote deletions in Django's admin. Listing never calls Avaturn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from . import jobs, services
from .exceptions import AvaturnError
from .models import Avatar, AvaturnProfile, RemoteDeletion

if TYPE_CHECKING:
    AnyAdminBase = admin.ModelAdmin[Any]
    AvatarInlineBase = admin.TabularInline[Avatar, AvaturnProfile]
else:  # the generic forms exist for type checkers only
    AnyAdminBase = admin.ModelAdmin
    AvatarInlineBase = admin.TabularInline


def user_search(prefix: str) -> tuple[str, ...]:
    """Look-ups of whatever names a user: the field they log in with, and the e-mail field."""
    user = get_user_model()
    fields = dict.fromkeys([user.USERNAME_FIELD, user.get_email_field_name()])
    present = {field.name for field in user._meta.get_fields()}
    return tuple(f"{prefix}{field}" for field in fields if field in present)


class MirrorAdmin(AnyAdminBase):
    """Rows mirror Avaturn: they are not added here, and a list counts its rows once."""

    show_full_result_count = False
    list_per_page = 50
    avatar_id_field = ""
    editable: tuple[str, ...] = ()

    class Media:
        css = {"all": ["django_avaturn/admin.css"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All but ``editable``."""
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        return tuple(field for field in fields if field not in self.editable)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """No button to save where there is nothing to change."""
        save = bool(self.editable)
        context |= {"show_save": save, "show_save_and_continue": save}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole avatar id finds that avatar; anything else searches as usual."""
        try:
            avatar_id = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(**{self.avatar_id_field: avatar_id}), False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: avatars come out of the editor."""
        return False


@admin.register(Avatar)
class AvatarAdmin(MirrorAdmin):
    """List, search, filter, make active, delete here and at Avaturn."""

    list_display = (
        "owner", "status", "is_active", "gender", "supports_face_animations",
        "created_at", "updated_at", "id",
    )  # fmt: skip
    list_filter = ("status", "gender", "supports_face_animations", "created_at")
    list_select_related = ("profile__user",)
    search_help_text = _("Search by user, or by the avatar's whole id.")
    avatar_id_field = "pk"
    actions = ("make_active",)
    delete_confirmation_template = "admin/django_avaturn/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/django_avaturn/delete_selected_confirmation.html"
    fields = (
        "owner", "id", ("status", "is_active"), ("gender", "body_id", "supports_face_animations"),
        ("created_at", "updated_at", "gone_at"),
    )  # fmt: skip

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Whatever names the user; ids are looked up by ``MirrorAdmin``."""
        return user_search("profile__user__")

    @admin.display(description=_("user"), ordering="profile__user")
    def owner(self, avatar: Avatar) -> str:
        """Whose it is."""
        return str(avatar.profile.user)

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, avatar: Avatar) -> bool:
        """Whether its owner shows it."""
        return avatar.active

    @admin.action(description=_("Make active"), permissions=["change"])
    def make_active(self, request: HttpRequest, queryset: QuerySet[Avatar]) -> None:
        """For each chosen avatar: its owner shows this one from now on."""
        for avatar in queryset.select_related("profile"):
            services.activate_avatar(avatar)
        messages.success(request, _("Done: each user now shows the avatar you chose."))


class AvatarInline(AvatarInlineBase):
    """A profile's avatars; each links to its own page, where it can be deleted."""

    model = Avatar
    fields = ("id", "status", "gender", "supports_face_animations", "created_at", "gone_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Avatars come out of the editor."""
        return False


@admin.register(AvaturnProfile)
class ProfileAdmin(MirrorAdmin):
    """Users with their avatars; "Sync now" asks Avaturn for the list."""

    list_display = ("user", "linked", "avatar_count", "created_at", "synced_at")
    list_filter = ("created_at", "synced_at")
    search_help_text = _("Search by user, or by the whole id of an avatar or of the Avaturn user.")
    avatar_id_field = "avatars__pk"
    actions = ("sync_now",)
    inlines = (AvatarInline,)
    fields = (("user", "avaturn_id"), "active_avatar", ("created_at", "synced_at"))
    editable = ("active_avatar",)
    change_form_template = "admin/django_avaturn/profile_change_form.html"
    delete_confirmation_template = "admin/django_avaturn/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/django_avaturn/delete_selected_confirmation.html"

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The user's names, and the exact id at Avaturn."""
        return (*user_search("user__"), "avaturn_id__exact")

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

    @admin.display(description=_("linked"), boolean=True)
    def linked(self, profile: AvaturnProfile) -> bool:
        """Whether there is a user at Avaturn."""
        return bool(profile.avaturn_id)

    @admin.display(description=_("avatars"), ordering="avatar_count")
    def avatar_count(self, profile: Any) -> int:
        """How many avatars the site knows."""
        count: int = profile.avatar_count
        return count

    def get_urls(self) -> list[URLPattern]:
        """Adds the target of the "Sync now" button."""
        sync = self.admin_site.admin_view(require_POST(self.sync_view))
        name = "django_avaturn_avaturnprofile_sync"
        return [path("<path:object_id>/sync/", sync, name=name), *super().get_urls()]

    def sync_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The "Sync now" button of one profile."""
        profile = self.get_object(request, object_id)
        if profile is None:
            raise Http404
        if not self.has_change_permission(request, profile):
            raise PermissionDenied
        self.sync_now(request, self.get_queryset(request).filter(pk=profile.pk))
        name = "admin:django_avaturn_avaturnprofile_change"
        url = reverse(name, args=(quote(profile.pk),), current_app=self.admin_site.name)
        return HttpResponseRedirect(url)

    @admin.action(description=_("Sync now"), permissions=["change"])
    def sync_now(self, request: HttpRequest, queryset: QuerySet[AvaturnProfile]) -> None:
        """Bring the chosen profiles in step with Avaturn, and say what came of it."""
        for profile in queryset:
            try:
                result = services.sync_profile(profile)
            except (AvaturnError, ImproperlyConfigured) as error:
                messages.error(request, _("Not synced: %(error)s") % {"error": error})
                return
            self.log_change(request, profile, "Synced with Avaturn.")
            numbers = {"added": result.added, "changed": result.changed, "gone": result.gone}
            text = _("%(user)s: %(added)s added, %(changed)s changed, %(gone)s gone.")
            messages.success(request, text % {"user": profile.user, **numbers})


@admin.register(RemoteDeletion)
class RemoteDeletionAdmin(MirrorAdmin):
    """What is still to be deleted at Avaturn, and what has been."""

    list_display = ("__str__", "state", "attempts", "due_at", "created_at", "done_at", "error")
    list_filter = ("state", "created_at")
    search_fields = ("avaturn_id__exact",)
    search_help_text = _("Search by the whole id of an avatar or of the Avaturn user.")
    avatar_id_field = "avatar_id"
    actions = ("try_now",)
    fields = (
        "avaturn_id", "avatar_id", ("state", "attempts"), "error",
        ("created_at", "due_at", "done_at"),
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: without the row, Avaturn's copy would stay for ever."""
        return False

    @admin.action(description=_("Try again now"), permissions=["change"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[RemoteDeletion]) -> None:
        """Try the chosen rows at once, failed ones included."""
        jobs.revive(queryset)
        rows = list(queryset.exclude(state=RemoteDeletion.State.READY))
        for row in rows:
            if not jobs.run(row):
                break
        left = queryset.exclude(state=RemoteDeletion.State.READY).count()
        done = len(rows) - left
        text = ngettext("%d deleted at Avaturn", "%d deleted at Avaturn", done) % done
        level = messages.WARNING if left else messages.SUCCESS
        messages.add_message(request, level, f"{text}; {left} left.")
