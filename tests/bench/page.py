"""A page with the editor in it: how soon it is painted, and how soon the editor's frame starts.

Every visit is the first one of a new browser. The site, and the host of the editor, are a round
trip away that counts once for each connection and once for each request (``delay.py``); Avaturn's
API takes its time for a session. The rivals:

ours
    ``{% avaturn_editor %}`` in a view for those who are logged in.
early
    ``{% avaturn_editor nonce=… %}`` in the same view, with a policy that has the nonce.
naive
    The view asks Avaturn, by ``requests.post``, before it writes the page. A module, a static
    file, imports the SDK, another one, which makes the frame.
ideal
    The HTML of ours as a constant, and its style sheets and scripts, but the element has another
    name, so that nothing of ours acts. An inline script, the first thing in ``<head>``, asks for
    the session and makes the frame as soon as there is an answer: no SDK, no CSRF token, no login,
    no database. The view of the session waits as long as the API takes, and does nothing. Nothing
    can be sooner without asking Avaturn before the page.

All times are of the browser's clock, from the start of the navigation. A frame has *started* when
the browser sets out to fetch its document.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

from playwright.sync_api import Browser

from .browser import chromium, collected, editor_host, visit
from .delay import delayed
from .load import Headers, Turn, drive, visitors
from .server import THREADS, Server, server
from .table import Bound, Figure, Mode, ratio
from .upstream import upstream

RIVALS = ("ours", "early", "naive", "ideal")
ROUND_TRIPS = (0, 80)
"""Milliseconds to the site and back."""
QUICK, SLOW = 0.3, 2.0
"""Seconds that the API takes."""

PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
FRAMED = """() => {
  const frame = performance.getEntriesByType("resource").find(
    ({ initiatorType }) => initiatorType === "iframe");
  return frame && [frame.startTime, frame.responseStart];
}"""


@dataclass(slots=True)
class Times:
    """Milliseconds of all visits to one page."""

    painted: list[float] = field(default_factory=list)
    framed: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


def measure(mode: Mode) -> list[Figure]:
    """All of it."""
    turns = cycle(visitors(60))
    figures = []
    with collected() as static, chromium() as browser:
        for round_trip in ROUND_TRIPS[-1:] if mode.short else ROUND_TRIPS:
            print(f"page, round trip {round_trip} ms ...", file=sys.stderr)
            with sites(static, turns, round_trip / 1000) as addresses:
                figures += _race(browser, addresses, turns, round_trip, mode.rounds)
    return figures


@contextmanager
def sites(static: str, turns: Iterator[Turn], round_trip: float) -> Iterator[tuple[str, str]]:
    """Addresses of the site with the quick API and of that with the slow one."""
    with ExitStack() as stack:
        host = stack.enter_context(delayed(stack.enter_context(editor_host()), round_trip))
        editor = f"http://127.0.0.1:{host}"
        quick, slow = (
            stack.enter_context(site(static, turns, editor, seconds, round_trip))
            for seconds in (QUICK, SLOW)
        )
        yield quick, slow


@contextmanager
def site(
    static: str, turns: Iterator[Turn], editor: str, thinking: float, round_trip: float
) -> Iterator[str]:
    """The address of the site, whose API takes so long to think."""
    environment = {
        "BENCH_STATIC": static,
        "BENCH_EDITOR": editor,
        "BENCH_THINKING": str(thinking),
    }
    with (
        upstream(0, thinking=thinking, editor=editor) as remote,
        server(remote.url, **environment) as origin,
        delayed(origin.port, round_trip) as port,
    ):
        # Of the slow one nobody awaits a session.
        warm_up(origin, turns, "/avatar/sessions/" if thinking == QUICK else "/constant/")
        yield f"http://localhost:{port}"


def warm_up(origin: Server, turns: Iterator[Turn], path: str) -> None:
    """Every thread gets its connections to the database and to the API, and all of the code.

    A worker starts threads as it needs them, and how clients spread over the workers is luck.
    """
    drive(origin, path, turns, clients=3 * THREADS, requests=2)


def _race(
    browser: Browser,
    addresses: tuple[str, str],
    turns: Iterator[Turn],
    round_trip: int,
    rounds: int,
) -> list[Figure]:
    quick, slow = addresses
    times = {name: Times() for name in (*RIVALS, "slow")}
    for number in range(-2, rounds):
        for name in random.sample(list(times), len(times)):
            one = times[name] if number >= 0 else Times()  # the first ones warm up
            if name == "slow":
                look(browser, slow, "ours", next(turns).headers, one, framed=False)
            else:
                look(browser, quick, name, next(turns).headers, one)
    what = f"page, site {round_trip} ms"
    paints = {name: found.painted for name, found in times.items()}
    frames = {name: times[name].framed for name in RIVALS}
    answers = {name: times[name].answered for name in RIVALS}
    return [
        _row(f"{what}: first contentful paint", paints, "ours", "ideal", "<=", 1.1, notes=True),
        _row(f"{what}: first contentful paint", paints, "naive", "ideal"),
        _row(f"{what}, API 2 s instead of 0.3: first contentful paint", paints, "slow", "ours",
             "<=", 1.0),
        _row(f"{what}: editor frame starts", frames, "ours", "ideal", "<=", 1.1, notes=True),
        _row(f"{what}: editor frame starts", frames, "early", "ideal", "<=", 1.1),
        _row(f"{what}: editor frame starts", frames, "naive", "ideal"),
        _row(f"{what}: editor answers", answers, "ours", "ideal", notes=True),
    ]  # fmt: skip


def look(
    browser: Browser,
    address: str,
    name: str,
    headers: Headers,
    times: Times,
    *,
    framed: bool = True,
) -> None:
    """Visit a page once, and add what it took."""
    with visit(browser, address, headers) as context:
        page = context.new_page()
        page.goto(f"{address}/page/{name}/", wait_until="commit")
        times.painted.append(page.wait_for_function(PAINTED, polling=20).json_value())
        if framed:
            start, answer = page.wait_for_function(FRAMED, polling=20).json_value()
            times.framed.append(start)
            times.answered.append(answer)


def _row(
    what: str,
    costs: dict[str, list[float]],
    one: str,
    other: str,
    bound: Bound = "",
    goal: float = 0,
    notes: bool = False,
) -> Figure:
    medians = ", ".join(f"{name} {median(found):.0f}" for name, found in costs.items())
    title = f"{what}, {one} / {other}"
    return ratio(title, costs[one], costs[other], bound, goal, f"{medians} ms" if notes else "")
