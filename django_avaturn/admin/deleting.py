"""Asking before a deletion that may reach Avaturn."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ..models import Avatar
from .base import MirrorAdmin

TEMPLATES = "admin/django_avaturn/mirror_"


class DeletingAdmin(MirrorAdmin):
    """Says what is deleted where: an avatar that Avaturn has not confirmed only here."""

    delete_confirmation_template = f"{TEMPLATES}delete_confirmation.html"
    delete_selected_confirmation_template = f"{TEMPLATES}delete_selected_confirmation.html"

    def avatars_of(self, rows: QuerySet[Any]) -> QuerySet[Avatar]:
        """The avatars that go with these rows: by default the rows themselves."""
        return rows

    def reaches_avaturn(self, rows: QuerySet[Any]) -> bool:
        """Whether anything is deleted at Avaturn."""
        return self.avatars_of(rows).exclude(avaturn_id="").exists()

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """For one row. Two more queries."""
        row: Model = context["object"]
        context |= self._told(self.get_queryset(request).filter(pk=row.pk))
        return super().render_delete_form(request, context)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """For chosen rows: what Django asks is not rendered yet. Two more queries.

        Actions of the site's own may answer by a page, too, about anything.
        """
        response = super().response_action(request, queryset, *args, **kwargs)
        context = isinstance(response, TemplateResponse) and response.context_data
        rows = context and context.get("queryset")
        if context and isinstance(rows, QuerySet) and rows.model is self.model:
            context |= self._told(rows)
        return response

    def _told(self, rows: QuerySet[Any]) -> dict[str, Any]:
        return {
            "at_avaturn": self.reaches_avaturn(rows),
            "only_here": self.avatars_of(rows).filter(avaturn_id="").count(),
        }
