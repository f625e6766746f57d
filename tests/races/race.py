"""What a race is, and how one is run: in a free-for-all, and stopped at every statement."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

ROUNDS = int(os.environ.get("RACE_ROUNDS", "1"))
"""At how many places somebody is stopped, in each race; a large number tries them all."""
SEED = int(os.environ.get("RACE_SEED", "1"))
PATIENCE = 30
"""Seconds. A contestant that takes longer hangs."""
HELD_UP = 0.4
"""Seconds until one that has not finished, and waits for no lock, counts as waiting for another."""

Contestant = Callable[[Any], Any]
Place = int | str
"""Before which statement: its number, or a pattern of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who meets whom, and what must have come of it.

    ``prepare`` makes the scene, which every contestant is called with. A loser may get one of
    ``losing``. ``verdict`` gets the scene after all that was left due has been done; what is
    always true of a site is looked at besides. ``crowd`` times as many meet in a free-for-all.
    ``pinned`` are schedules that are tried each time: which contestant stops where.
    """

    name: str
    prepare: Callable[[Any], None]
    contestants: tuple[Contestant, ...]
    verdict: Callable[[Any], None] = lambda scene: None
    losing: tuple[type[Exception], ...] = ()
    crowd: int = 2
    pinned: tuple[tuple[int, Place], ...] = ()


@dataclass(slots=True)
class Outcome:
    """What one contestant returned or raised."""

    result: Any = None
    error: Exception | None = None


@dataclass(slots=True)
class Stop:
    """Where a contestant is to be stopped; counts its statements on the way."""

    place: Place = 0
    count: int = 0
    there: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def before(self, sql: str) -> None:
        """Called before each statement of the contestant."""
        self.count += 1
        place = self.place
        here = self.count == place if isinstance(place, int) else re.search(place, sql)
        if here and not self.there:
            self.there = True
            self.reached.set()
            assert self.go_on.wait(PATIENCE), "nobody let it go on"


@contextmanager
def watched(alias: str, stop: Stop) -> Iterator[None]:
    """Have every statement of this thread pass ``stop``, and every commit."""
    connection = connections[alias]
    commit = connection._commit

    def committing() -> None:
        stop.before("COMMIT")
        commit()

    def executing(execute: Any, sql: str, *args: Any) -> Any:
        stop.before(sql)
        return execute(sql, *args)

    connection._commit = committing
    try:
        with connection.execute_wrapper(executing):
            yield
    finally:
        connection._commit = commit


def run(alias: str, work: Callable[[], Any], stop: Stop | None = None) -> Outcome:
    """Run one contestant in this thread."""
    stop = stop or Stop()
    try:
        with watched(alias, stop):
            return Outcome(result=work())
    except Exception as error:
        return Outcome(error=error)
    finally:
        stop.reached.set()
        connections.close_all()


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(n)`` in that many threads which start together."""
    start = threading.Barrier(number)

    def one(n: int) -> Any:
        start.wait(PATIENCE)
        try:
            return work(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def in_turn(alias: str, works: Sequence[Callable[[], Any]], stops: Sequence[Stop]) -> list[Outcome]:
    """One after the other, each in a thread of its own, so that its statements can be counted."""
    with ThreadPoolExecutor(1) as pool:
        pairs = zip(works, stops, strict=True)
        return [pool.submit(run, alias, *pair).result(PATIENCE) for pair in pairs]


def free_for_all(alias: str, works: Sequence[Callable[[], Any]]) -> list[Outcome]:
    """All at once, in whatever order comes."""
    return at_once(len(works), lambda n: run(alias, works[n]))


def interrupted(
    alias: str, works: Sequence[Callable[[], Any]], who: int, place: Place
) -> list[Outcome]:
    """One is stopped at its place until the others have finished, or wait for it."""
    stop = Stop(place)
    with ThreadPoolExecutor(len(works)) as pool:
        futures: list[Future[Outcome]] = [None] * len(works)  # type: ignore[list-item]
        futures[who] = pool.submit(run, alias, works[who], stop)
        assert stop.reached.wait(PATIENCE), "it hangs before it has got there"
        others = [n for n in range(len(works)) if n != who]
        for n in others:
            futures[n] = pool.submit(run, alias, works[n])
        let_run(alias, [futures[n] for n in others])
        stop.go_on.set()
        assert stop.there or isinstance(place, int), f"it has no statement like {place}"
        return [future.result(PATIENCE) for future in futures]


WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND datname = current_database()",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
}


def let_run(alias: str, futures: Sequence[Future[Outcome]]) -> None:
    """Wait until these have finished or are held up, by a lock where the database tells of it."""
    deadline = time.monotonic() + HELD_UP
    query = WAITING.get(connections[alias].vendor)
    with connections[alias].cursor() as cursor:
        while not all(future.done() for future in futures) and time.monotonic() < deadline:
            if query:
                cursor.execute(query)
                if cursor.fetchone()[0]:
                    return
            threading.Event().wait(0.005)


def schedules(counts: Sequence[int], name: str) -> list[tuple[int, Place]]:
    """``ROUNDS`` places where a contestant is stopped; which ones depends on the seed."""
    places = [(who, place) for who, count in enumerate(counts) for place in range(1, count + 1)]
    random.Random(f"{SEED} {name}").shuffle(places)
    return places[:ROUNDS]
