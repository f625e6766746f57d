"""How cost grows: with the owners, with the avatars of one, with the work that is due.

Each size has a database of its own, so that all of them take turns in each round.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from statistics import median

from django.test import override_settings

from . import crowds, steps, workers
from .plans import plans
from .steps import Step
from .table import Curve, Figure, Mode, Result, Table, ratio
from .upstream import upstream

OWNERS, FEWER_OWNERS = (1_000, 100_000, 1_000_000), (1_000, 20_000)
AVATARS, FEWER_AVATARS = (1, 10, 100, 500), (1, 100)
DUE, LESS_DUE = (10, 1_000, 10_000, 100_000), (10, 1_000)
CLAIMS = 10
"""Rows that are done of those that are due."""

TIMES = 3
"""How often a hot step is timed in a round."""

FLAT = 1.5
"""By how much the largest may cost more than the smallest."""
PAGE = 50
"""Avatars that a list shows at the most: from there on it costs the same."""


@dataclass(slots=True)
class Costs:
    """What one step has cost at each size."""

    step: Step
    seconds: dict[int, list[float]] = field(default_factory=dict)
    sql: dict[int, list[float]] = field(default_factory=dict)
    queries: dict[int, int] = field(default_factory=dict)

    def add(self, size: int, step: Step, times: int) -> None:
        """One round more: the best of so many, for others use the machine, too."""
        tries = [steps.cost(step) for _ in range(times if step.hot else 1)]
        seconds, found = min(tries, key=itemgetter(0))
        self.seconds.setdefault(size, []).append(seconds)
        self.sql.setdefault(size, []).append(found.seconds)
        self.queries[size] = len(found.each)

    def figures(self, what: str, base: int | None = None) -> list[Figure]:
        """The largest size beside ``base``, or the smallest, and the numbers of queries."""
        smallest, largest = base or min(self.seconds), max(self.seconds)
        goal = FLAT if self.step.hot else largest / smallest
        title = f"{what}: {self.step.name}"
        return [
            ratio(
                f"{title}, {largest} / {smallest}",
                self.seconds[largest],
                self.seconds[smallest],
                "<=",
                goal,
                self._medians(),
            ),
            Figure(
                what=f"{title}: queries",
                value=max(self.queries.values()),
                bound="<=",
                goal=min(self.queries.values()),
            ),
        ]

    def _medians(self) -> str:
        sizes = sorted(self.seconds)
        each = ", ".join(f"{size} {median(self.seconds[size]) * 1000:.2f}" for size in sizes)
        sql = ", ".join(f"{median(self.sql[size]) * 1000:.2f}" for size in sizes)
        return f"{each} ms; SQL {sql} ms"

    def line(self, scale: float = 1000) -> list[tuple[float, float]]:
        """For a plot."""
        return [(size, median(found) * scale) for size, found in sorted(self.seconds.items())]


Use = Callable[[int], object]


def measure(mode: Mode) -> list[Result]:
    """All of it."""
    with upstream(0) as remote:
        account = {
            "API_TOKEN": "bench-token",
            "API_URL": remote.url,
            "WEBHOOK_SECRETS": [steps.SECRET],
        }
        with override_settings(AVATURN=account):
            return [*_owners(mode), *_due(mode), *workers.measure(mode)]


def _owners(mode: Mode) -> list[Result]:
    sizes = FEWER_OWNERS if mode.short else OWNERS
    _tell(f"{sizes} owners")
    with crowds.databases(sizes, crowds.fill_owners) as databases:
        lists = {}
        for size, database in databases.items():
            database.use()
            lists[size] = steps.of_a_site(size)
        found = _turns(lists, mode, lambda size: databases[size].use())
        databases[max(sizes)].use()
        return [
            *_told("owners", found),
            _table("growth-owners", "owners", found),
            _curve("growth-owners", "Cost by owners on the site", "owners", found, hot=True),
            _curve("growth-admin", "Admin by owners on the site", "owners", found, hot=False),
            *_collectors(mode),
            plans(lists[max(sizes)]),
        ]


def _collectors(mode: Mode) -> list[Result]:
    sizes = FEWER_AVATARS if mode.short else AVATARS
    _tell(f"{sizes} avatars of one owner")
    found = _turns({size: steps.of_a_collector(size) for size in sizes}, mode)
    figures = [
        figure for one in found for figure in one.figures("avatars", _full(sizes, one.step.name))
    ]
    return [
        *figures,
        _table("growth-avatars", "avatars of one owner", found),
        _curve("growth-avatars", "Cost by avatars of one owner", "avatars", found),
    ]


def _full(sizes: Sequence[int], step: str) -> int | None:
    """What a list is compared with: a page costs more with each avatar, until it is full."""
    full = [size for size in sizes if size >= PAGE]
    return min(full) if step in steps.PAGES else None


def _due(mode: Mode) -> list[Result]:
    sizes = LESS_DUE if mode.short else DUE
    _tell(f"{sizes} due rows")
    with crowds.databases(sizes, crowds.fill_due) as databases:
        lists = {size: steps.some_due(CLAIMS) for size in sizes}
        found = _turns(lists, mode, lambda size: databases[size].use())
    return [
        *_told("due rows", found),
        _table("growth-due", "due rows", found),
        _curve("growth-due", f"Cost of {CLAIMS} rows, and of the status", "due rows", found),
    ]


def _turns(
    lists: Mapping[int, Sequence[Step]], mode: Mode, use: Use = lambda size: None
) -> list[Costs]:
    """Each step at each size in each round, the sizes in an order drawn anew each time."""
    found = [Costs(step) for step in next(iter(lists.values()))]
    for number in range(mode.rounds + 1):
        for place, costs in enumerate(found):
            for size in random.sample(list(lists), len(lists)):
                use(size)
                if number:
                    costs.add(size, lists[size][place], 1 if mode.short else TIMES)
                else:
                    steps.cost(lists[size][place])  # warms up
    return found


def _told(what: str, found: Sequence[Costs]) -> list[Figure]:
    return [figure for costs in found for figure in costs.figures(what)]


def _curve(name: str, title: str, x: str, found: Sequence[Costs], hot: bool | None = None) -> Curve:
    lines = {one.step.name: one.line() for one in found if hot in (None, one.step.hot)}
    return Curve(name=name, title=title, x=x, y="milliseconds", lines=lines)


def _table(name: str, head: str, found: Sequence[Costs]) -> Table:
    """Each size as a multiple of the smallest, for the pages."""
    sizes = sorted(found[0].seconds)
    rows = []
    for one in found:
        smallest = one.seconds[sizes[0]]
        multiples = [ratio("", one.seconds[size], smallest).value for size in sizes]
        queries = str(max(one.queries.values()))
        rows.append((one.step.name, queries, *(f"{multiple:.1f}" for multiple in multiples)))
    return Table(name=name, head=(head, "queries", *(f"{size:,}" for size in sizes)), rows=rows)


def _tell(what: str) -> None:
    print(f"growth, {what} ...", file=sys.stderr)
