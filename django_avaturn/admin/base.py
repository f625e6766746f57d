"""What all pages of this app's admin share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from ..transactions import outside_transactions
from .paging import PagedList

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

    AnyAdminBase = admin.ModelAdmin[Any]
else:  # the generic form exists for type checkers only
    AnyAdminBase = admin.ModelAdmin


def user_search(prefix: str) -> tuple[str, ...]:
    """Look-ups of whatever names a user: the field they log in with, and the e-mail field."""
    user = get_user_model()
    fields = dict.fromkeys([user.USERNAME_FIELD, user.get_email_field_name()])  # pyright: ignore[reportArgumentType]
    present = {field.name for field in user._meta.get_fields()}
    return tuple(f"{prefix}{field}" for field in fields if field in present)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Does with one row, on its own page, what ``action`` does with those chosen in the list."""

    action: str
    slug: str
    title: Text


class MirrorAdmin(AnyAdminBase):
    """Rows mirror Avaturn: they are not added here, and a list counts its rows once."""

    show_full_result_count = False
    list_per_page = 50
    list_class: type[ChangeList] = PagedList
    avatar_id_field = ""
    editable: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    change_form_template = "admin/django_avaturn/change_form.html"

    class Media:
        css = {"all": ["django_avaturn/admin.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """One that costs the same on every page."""
        return self.list_class

    @outside_transactions
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list, whose actions may ask Avaturn."""
        return super().changelist_view(request, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All but ``editable``."""
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        return tuple(field for field in fields if field not in self.editable)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """No button to save where there is nothing to change; instead those of ``buttons``."""
        save = bool(self.editable)
        context |= {"show_save": save, "show_save_and_continue": save}
        row = context["original"]
        buttons = [it for it in self.get_buttons(row) if self.may_press(request, it, row)]
        context["avaturn_buttons"] = [self._shown(row, button) for button in buttons]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole avatar id finds that avatar, by one more query; anything else searches as usual.

        So does an id that no avatar has: with some log-ins users are named by such ids.
        """
        try:
            avatar_id = UUID(search_term.strip())
        except ValueError:
            avatar_id = None
        if avatar_id and self.avatar_id_field:
            found = queryset.filter(**{self.avatar_id_field: avatar_id})
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: avatars come out of the editor."""
        return False

    def history_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Who may see no row is not told either whether there is such a row."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, *args)

    def may(self, request: HttpRequest, what: str) -> bool:
        """Whether staff have a permission of this model that Django does not know by itself."""
        codename = get_permission_codename(what, self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")  # pyright: ignore[reportAttributeAccessIssue]

    def may_press(self, request: HttpRequest, button: Button, row: Any) -> bool:
        """What the action needs, the button needs, too; and it stands on a page to be seen."""
        needed = getattr(self, button.action).allowed_permissions
        return self.has_view_permission(request, row) and any(
            getattr(self, f"has_{name}_permission")(request, row) for name in needed
        )

    def log_changes(self, request: HttpRequest, rows: Iterable[Model], message: str) -> None:
        """``log_change`` for many rows: one query, however many there are."""
        # As Django's own methods do it: this needs no app to be ready before it is imported.
        from django.contrib.admin.models import CHANGE, LogEntry

        user = request.user.pk
        LogEntry.objects.log_actions(user, rows, CHANGE, message)  # type: ignore[arg-type]

    def get_buttons(self, row: Any) -> Sequence[Button]:
        """Those that make sense for this row."""
        return self.buttons

    def get_urls(self) -> list[URLPattern]:
        """Adds where the buttons post to."""
        return [self._target(button) for button in self.buttons] + super().get_urls()

    def press(self, request: HttpRequest, object_id: str, button: Button) -> HttpResponse:
        """A button on the page of one row, which is shown again with what came of it."""
        row = self.get_object(request, object_id)
        # First: who may not, is not told either whether there is such a row.
        if not self.may_press(request, button, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        pk = row.pk
        getattr(self, button.action)(request, self.get_queryset(request).filter(pk=pk))
        if self.get_object(request, object_id):
            return HttpResponseRedirect(self._reverse("change", pk))
        return HttpResponseRedirect(self._reverse("changelist"))

    def _target(self, button: Button) -> URLPattern:
        view = self.admin_site.admin_view(require_POST(partial(self.press, button=button)))
        view = outside_transactions(view)
        return path(f"<path:object_id>/{button.slug}/", view, name=self._name(button.slug))

    def _shown(self, row: Model, button: Button) -> dict[str, Any]:
        label = getattr(self, button.action).short_description
        url = self._reverse(button.slug, row.pk)
        return {"url": url, "label": label, "title": button.title}

    def _reverse(self, page: str, *keys: str | int | UUID) -> str:
        args = [quote(key) for key in keys]
        return reverse(f"admin:{self._name(page)}", args=args, current_app=self.admin_site.name)

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
