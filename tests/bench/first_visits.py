"""One user's first ten visits at the same moment: how many remote users are made of them."""

from __future__ import annotations

import random
import sys
from statistics import mean

from .load import at_once, newcomer
from .server import Server, server
from .sessions import PATHS
from .table import Figure, Mode
from .upstream import Upstream, upstream

RIVALS = ("ours", "pooled", "naive")
VISITS = 10
ROUND_TRIP = 0.020
"""Seconds."""
NEW_USER = "/api/v1/users/new"


def measure(mode: Mode) -> list[Figure]:
    """Remote users and server errors, for each rival."""
    print(f"first visits, {VISITS} at once ...", file=sys.stderr)
    made: dict[str, list[int]] = {name: [] for name in RIVALS}
    errors: dict[str, list[int]] = {name: [] for name in RIVALS}
    with upstream(ROUND_TRIP) as remote, server(remote.url) as site:
        for _ in range(mode.rounds):
            for name in random.sample(RIVALS, len(RIVALS)):
                users, failed = _visit(site, remote, name)
                made[name].append(users)
                errors[name].append(failed)
    what = f"{VISITS} first visits of one user at once"
    return [
        _row(f"{what}: remote users", made, 1),
        _row(f"{what}: answers with a 5xx", errors, 0),
    ]


def _visit(site: Server, remote: Upstream, name: str) -> tuple[int, int]:
    before = remote.calls(NEW_USER)
    statuses = at_once(site, PATHS[name], [newcomer()] * VISITS)
    return remote.calls(NEW_USER) - before, sum(status >= 500 for status in statuses)


def _row(what: str, found: dict[str, list[int]], goal: int) -> Figure:
    """The worst round of ours; the rivals' means beside it."""
    means = ", ".join(f"{name} {mean(counts):.1f}" for name, counts in found.items())
    return Figure(
        what=what, value=max(found["ours"]), bound="<=", goal=goal, medians=f"means: {means}"
    )
