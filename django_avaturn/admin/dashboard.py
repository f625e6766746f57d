"""Numbers for the app's page in the admin: how many, how large, what waits, what failed.

Each reader gets those of the rows that the same admin would list to them, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.db.models import Count, Model, Q, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .. import jobs
from ..models import Avatar, AvatarFile, AvaturnProfile

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

Kind, Status = AvatarFile.Kind, Avatar.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its name; ``query`` narrows the list down to what was counted."""

    name: Text
    shown: str
    query: str | None = None
    alarming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """The figures of one list, the first of them large. ``url`` is the list's own page."""

    name: Text
    url: str
    figures: tuple[Figure, ...]


def dashboard(request: HttpRequest) -> list[Tile]:
    """The numbers for this reader: one query for each list that they may see, at any size.

    Empty outside of an admin's own pages: there is no saying what the reader may see.
    """
    match = request.resolver_match
    site = getattr(match and match.func, "admin_site", None)
    return list(_tiles(site, request)) if isinstance(site, AdminSite) else []


def _tiles(site: AdminSite, request: HttpRequest) -> Iterator[Tile]:
    for model, name, figures in TILES:
        if not site.is_registered(model):
            continue
        pages = site.get_model_admin(model)
        if pages.has_view_permission(request):
            rows = pages.get_queryset(request).order_by()
            yield Tile(name=name(), url=_url(site, model), figures=tuple(figures(rows)))


def _url(site: AdminSite, model: type[Model]) -> str:
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    try:
        return reverse(page, current_app=site.name)
    except NoReverseMatch:  # a site that has left the lists out
        return ""


def _profiles(rows: QuerySet[Any]) -> Iterable[Figure]:
    found = rows.aggregate(
        all=Count("pk"),
        visitors=Count("pk", filter=Q(user=None)),
        linked=Count("pk", filter=Q(avaturn_id__isnull=False)),
    )
    yield _count(_("in all"), found["all"], "")
    yield _count(_("of visitors"), found["visitors"], "owner=visitor")
    yield _count(_("with a user at Avaturn"), found["linked"])


def _avatars(rows: QuerySet[Any]) -> Iterable[Figure]:
    made = Q(status__in=(Status.READY, Status.FAILED))
    found = rows.aggregate(
        all=Count("pk"),
        making=Count("pk", filter=~made & Q(gone_at=None)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        gone=Count("pk", filter=Q(gone_at__isnull=False)),
    )
    yield _count(_("in all"), found["all"], "")
    yield _count(_("in the making"), found["making"])
    yield _count(_("failed"), found["failed"], "status__exact=failed", alarming=True)
    yield _count(_("gone from Avaturn"), found["gone"])


def _storage(rows: QuerySet[Any]) -> Iterable[Figure]:
    found = rows.aggregate(  # of fields that an index has, and no others
        total=Sum("size"),
        models=Count("size", filter=Q(kind=Kind.MODEL)),
        portraits=Count("size", filter=Q(kind=Kind.PORTRAIT)),
    )
    size = found["total"] or 0
    yield Figure(name=_("in all"), shown=filesizeformat(size))
    yield _count(_("bytes"), size)
    yield _count(_("models"), found["models"], "kind__exact=model")
    yield _count(_("portraits"), found["portraits"], "kind__exact=portrait")


def _work(rows: QuerySet[Any]) -> Iterable[Figure]:
    status = jobs.status_of(rows)
    yield _count(_("due"), status.due, "state__exact=pending")
    yield _count(_("running"), status.running)
    yield _count(_("waiting"), status.waiting, "state__exact=pending")
    yield _count(_("failed"), status.failed, "state__exact=failed", alarming=True)


def _count(name: Text, number: int, query: str | None = None, *, alarming: bool = False) -> Figure:
    shown = number_format(number, force_grouping=True)
    alarming = alarming and number > 0
    return Figure(name=name, shown=shown, query=query if number else None, alarming=alarming)


def _named_after(model: type[Model]) -> Callable[[], Text]:
    return lambda: capfirst(model._meta.verbose_name_plural or "")


TILES: tuple[tuple[type[Model], Callable[[], Text], Callable[[Any], Iterable[Figure]]], ...] = (
    (AvaturnProfile, _named_after(AvaturnProfile), _profiles),
    (Avatar, _named_after(Avatar), _avatars),
    (AvatarFile, lambda: _("Storage"), _storage),
    *((model, _named_after(model), _work) for model in jobs.HANDLERS),
)
