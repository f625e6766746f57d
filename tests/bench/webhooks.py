"""Webhooks: ours, a view that only keeps what came, and dj-stripe's.

What ours does after its answer counts: no rival has its turn before all events are settled.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from statistics import median
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_avaturn.models import WebhookEvent

from . import stripe_site
from .load import Batch, Turn, at_once, drive
from .models import Message
from .server import THREADS, Server, server
from .table import Bound, Figure, Mode, ratio

EVENTS = 40
"""Of each client in a round; dj-stripe, which takes many times as long, gets a fifth."""
DELIVERIES = 10
"""Of one event at once."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Where it takes events, how one is made, and how many rows it keeps."""

    path: str
    event: Callable[[], Turn]
    rows: Callable[[], int]
    events: int = EVENTS


def measure(mode: Mode) -> list[Figure]:
    """Time and processor time of an event, queries, and rows of an event that comes ten times."""
    rivals = dict(_rivals())
    figures = []
    with server("") as site:
        for again in (False, True):
            name = f"webhooks, {THREADS} clients, {'repeated' if again else 'new'} events"
            print(f"{name} ...", file=sys.stderr)
            figures += _race(site, rivals, name, mode.rounds, again=again)
        figures += _crowds(site, rivals)
    return figures + [_queries(rivals, again=again) for again in (False, True)]


def _rivals() -> Iterator[tuple[str, Rival]]:
    secret = settings.AVATURN["WEBHOOK_SECRETS"][0]
    yield "ours", Rival(f"/avatar/webhooks/{secret}/", _ours, WebhookEvent.objects.count)
    yield "one INSERT", Rival("/one-insert/", _ours, Message.objects.count)
    if stripe_site.installed("webhooks"):
        path = stripe_site.endpoint()
        yield "dj-stripe", Rival(path, stripe_site.delivery, stripe_site.rows, EVENTS // 5)


def _ours() -> Turn:
    """Told of every export; here nobody waits for it."""
    told = {
        "event": "export.ready",
        "avatar_id": str(uuid4()),
        "user_id": str(uuid4()),
        "status": "ready",
        "export_url": "https://files.example/model.glb?signature=1f2e3d",
    }
    return Turn(headers={"Content-Type": "application/json"}, body=json.dumps(told).encode())


def _race(
    site: Server, rivals: dict[str, Rival], what: str, rounds: int, *, again: bool
) -> list[Figure]:
    batches: dict[str, list[Batch]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name in random.sample(list(rivals), len(rivals)):
            batch = _drive(site, rivals[name], again=again)
            if number:  # the first round warms up
                batches[name].append(batch)
    return [
        *_compare(f"{what}: time per event", batches, _wall, floor=0.7, least=5),
        *_compare(f"{what}: CPU", batches, _cpu),
        *_compare(f"{what}: p50 of the answer", batches, _p50),
    ]


def _drive(site: Server, rival: Rival, *, again: bool) -> Batch:
    count = THREADS * rival.events
    events = repeat(rival.event()) if again else iter([rival.event() for _ in range(count)])
    return drive(site, rival.path, events, clients=THREADS, requests=rival.events, settle=_settle)


def _settle() -> None:
    """Until nothing that was received is still to be dealt with."""
    while WebhookEvent.objects.filter(state=WebhookEvent.State.PENDING).exists():
        time.sleep(0.005)


def _compare(
    what: str,
    batches: dict[str, list[Batch]],
    cost: Callable[[Batch], float],
    floor: float = 0,
    least: float = 0,
) -> list[Figure]:
    """How near to the view that only keeps what came, and how far from dj-stripe."""
    costs = {name: [cost(batch) for batch in found] for name, found in batches.items()}
    medians = ", ".join(f"{name} {median(found) * 1000:.2f}" for name, found in costs.items())

    def row(one: str, other: str, goal: float, notes: str = "") -> Figure:
        bound: Bound = ">=" if goal else ""
        return ratio(f"{what}, {one} / {other}", costs[one], costs[other], bound, goal, notes)

    figures = [row("one INSERT", "ours", floor, f"{medians} ms")]
    if "dj-stripe" in costs:
        figures += [row("dj-stripe", "ours", least), row("one INSERT", "dj-stripe", 0)]
    return figures


def _wall(batch: Batch) -> float:
    return batch.wall / len(batch.each)


def _cpu(batch: Batch) -> float:
    return batch.cpu / len(batch.each)


def _p50(batch: Batch) -> float:
    return median(batch.each)


def _crowds(site: Server, rivals: dict[str, Rival]) -> list[Figure]:
    rows, errors = {}, {}
    for name, rival in rivals.items():
        before = rival.rows()
        statuses = at_once(site, rival.path, [rival.event()] * DELIVERIES)
        _settle()
        rows[name] = rival.rows() - before
        errors[name] = sum(status >= 500 for status in statuses)
    what = f"webhooks, one event {DELIVERIES} times at once"
    return [
        _count(f"{what}: rows", rows, 1),
        _count(f"{what}: answers with a 5xx", errors, 0),
    ]


def _queries(rivals: dict[str, Rival], *, again: bool) -> Figure:
    """In this process, with the statements around transactions."""
    found = {}
    for name, rival in rivals.items():
        event = rival.event()
        for _ in range(again + 1):
            with CaptureQueriesContext(connection) as queries:
                _post(rival.path, event)
        found[name] = len(queries)
    return _count(f"webhooks, {'repeated' if again else 'new'} event: statements", found, 3)


def _post(path: str, turn: Turn) -> None:
    headers = dict(turn.headers)
    kind = headers.pop("Content-Type")
    response = Client().post(path, turn.body, content_type=kind, headers=headers)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}.")


def _count(what: str, found: dict[str, int], goal: int) -> Figure:
    beside = ", ".join(f"{name} {count}" for name, count in found.items())
    return Figure(what=what, value=found["ours"], bound="<=", goal=goal, medians=beside)
