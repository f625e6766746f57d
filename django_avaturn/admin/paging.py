"""A page of a long list at the price of its own rows, not of all those before it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest

FAR = 1000
"""Rows that are quickly skipped."""


class PagedList(ChangeList):
    """Looks up the keys of the page first, and what is shown of its rows for these alone.

    As part of one query, annotations would be worked out for all pages before it, too. No query
    more than usual, but on MariaDB, which cannot look the keys up within the other one.
    """

    def get_results(self, request: HttpRequest) -> None:
        """The number of rows, and those of this page."""
        super().get_results(request)
        page = self.result_list
        if page.query.is_sliced:
            keys = self._keys(page)
            within = connections[page.db].features.allow_sliced_subqueries_with_in
            rows = self.root_queryset.filter(pk__in=keys if within else list(keys))
            if not rows.query.select_related:
                rows = self.apply_select_related(rows)
            page = rows.order_by(*self.queryset.query.order_by)
        self.result_list = self.complete(page)

    def complete(self, page: QuerySet[Any]) -> QuerySet[Any]:
        """The page with what is only looked up for rows that are shown."""
        return page

    def _keys(self, page: QuerySet[Any]) -> QuerySet[Any]:
        """Counted from the end of the list, where that is nearer."""
        first, end = page.query.low_mark, page.query.high_mark
        left = self.result_count - end if end else first  # who has no end is not turned round
        if FAR < first > left >= 0:
            page = self.queryset.reverse()[left : self.result_count - first]
        return page.values_list("pk", flat=True)
