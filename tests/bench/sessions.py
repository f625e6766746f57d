"""Opening the editor: ours, the usual ways of writing it by hand, and a constant view."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from statistics import median

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from .load import Batch, Turn, drive, visitors
from .server import THREADS, Server, server
from .table import Bound, Figure, Mode, ratio
from .upstream import Upstream, upstream

PATHS = {
    "ours": "/avatar/sessions/",
    "pooled": "/pooled/",
    "pooled DRF": "/pooled-drf/",
    "naive": "/naive/",
    "constant": "/constant/",
}
ROUND_TRIPS = (20, 80)
"""Milliseconds to Avaturn and back."""

CROWDED = 20
"""The one of them that many clients at once are timed with."""

VISITORS = 250
SOLO, CROWD = 10, 6
"""Requests of each client in a round: of a single one, and of one in a crowd."""


@dataclass(slots=True)
class Race:
    """Rounds in which every rival has had its turn, in an order drawn anew each time."""

    server: Server
    upstream: Upstream
    turns: Iterator[Turn]
    connections: int = 0

    def run(self, clients: int, requests: int, rounds: int) -> dict[str, list[Batch]]:
        """All batches, by rival; ``connections`` counts those that ours opened."""
        batches: dict[str, list[Batch]] = {name: [] for name in PATHS}
        for _ in range(rounds):
            for name in random.sample(list(PATHS), len(PATHS)):
                before = self.upstream.connections
                batch = drive(
                    self.server, PATHS[name], self.turns, clients=clients, requests=requests
                )
                batches[name].append(batch)
                self.connections += (self.upstream.connections - before) * (name == "ours")
        return batches


def measure(mode: Mode) -> list[Figure]:
    """Everything about sessions."""
    turns = cycle(visitors(VISITORS // 2 if mode.short else VISITORS))
    figures = []
    for milliseconds in ROUND_TRIPS[: 1 if mode.short else None]:
        with upstream(milliseconds / 1000) as remote, server(remote.url) as site:
            print(f"sessions, round trip {milliseconds} ms ...", file=sys.stderr)
            figures += _race(Race(site, remote, turns), milliseconds, mode.rounds)
    with upstream(0) as remote:
        figures += _queries(remote)
    return figures


def _race(race: Race, milliseconds: int, rounds: int) -> list[Figure]:
    race.run(THREADS, 3, rounds=min(rounds, 3))  # warm up: code, every thread's connections
    name = f"sessions {milliseconds} ms"
    solo = race.run(1, SOLO, rounds)
    figures = _compare(f"{name}, 1 client: p50", solo, p50, at_most=1.05, at_least=3)
    figures += _compare(f"{name}, 1 client: CPU", solo, cpu, at_most=1.05, at_least=5)
    if milliseconds == CROWDED:
        crowd = race.run(THREADS, CROWD, rounds)
        many = f"{name}, {THREADS} clients"
        figures += _compare(f"{many}: p50", crowd, p50)
        figures += _compare(f"{many}: time per session", crowd, wall, at_most=1, at_least=4)
        figures += _compare(f"{many}: CPU", crowd, cpu, at_most=1.05, at_least=5)
    kept = f"{name}: upstream connections for {THREADS} threads"
    return [*figures, Figure(what=kept, value=race.connections, bound="<=", goal=THREADS)]


def _compare(
    what: str,
    batches: dict[str, list[Batch]],
    cost: Callable[[Batch], float],
    at_most: float = 0,
    at_least: float = 0,
) -> list[Figure]:
    """Ours beside pooled, and naive beside ours, round by round."""
    costs = {name: [cost(batch) for batch in batches[name]] for name in PATHS}
    medians = ", ".join(f"{name} {median(found) * 1000:.2f}" for name, found in costs.items())

    def row(one: str, other: str, bound: Bound, goal: float, notes: str = "") -> Figure:
        title = f"{what}, {one} / {other}"
        return ratio(title, costs[one], costs[other], bound if goal else "", goal, notes)

    return [
        row("ours", "pooled", "<=", at_most, f"{medians} ms"),
        row("ours", "pooled DRF", "<=", 0),
        row("pooled DRF", "pooled", "<=", 0),
        row("naive", "ours", ">=", at_least),
    ]


def p50(batch: Batch) -> float:
    """Median time of a request."""
    return median(batch.each)


def cpu(batch: Batch) -> float:
    """Processor time of the server for a request."""
    return batch.cpu / len(batch.each)


def wall(batch: Batch) -> float:
    """The inverse of the requests a second."""
    return batch.wall / len(batch.each)


def _queries(remote: Upstream) -> list[Figure]:
    """Counted in this process: a first visit, then one of a user who is known."""
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("newcomer"))
    with override_settings(AVATURN={"API_TOKEN": "bench-token", "API_URL": remote.url}):
        first, known = (_count(browser) for _ in range(2))
    return [
        Figure(what="sessions: queries, known user", value=known, bound="<=", goal=3),
        Figure(what="sessions: queries, first visit", value=first, bound="<=", goal=6),
    ]


def _count(browser: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = browser.post(PATHS["ours"], {}, "application/json")
    if response.status_code != 201:
        raise RuntimeError(f"{PATHS['ours']} answered {response.status_code}.")
    return len(queries)
