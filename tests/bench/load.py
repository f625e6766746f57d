"""Clients that ask one address again and again, logged in where they are users."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Barrier
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.crypto import get_random_string

from django_avaturn.models import AvaturnProfile

from .models import Link
from .server import Server

Headers = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One POST."""

    headers: Headers
    body: bytes = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a number of requests in a row cost, all in seconds."""

    each: list[float]
    wall: float
    cpu: float


def visitors(count: int) -> list[Turn]:
    """Users who are known to everybody, with what their logged-in browsers send.

    There are many, because the app allows each of them a limited number of sessions.
    """
    return [Turn(headers=_headers(user)) for user in _users(count)]


def newcomer() -> Turn:
    """A user whom nobody knows yet."""
    return Turn(headers=_headers(get_user_model().objects.create_user(f"newcomer-{uuid4()}")))


def _users(count: int) -> Iterator[object]:
    for number in range(count):
        user = get_user_model().objects.create_user(f"visitor-{uuid4()}-{number}")
        AvaturnProfile.objects.create(user=user, avaturn_id=str(uuid4()))
        Link.objects.create(user=user, remote_id=str(uuid4()))
        yield user


def _headers(user: object) -> Headers:
    browser = Client()
    browser.force_login(user)  # type: ignore[arg-type]
    token = get_random_string(32)
    return {
        "Content-Type": "application/json",
        "Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={token}",
        "X-CSRFToken": token,
    }


def drive(
    server: Server,
    path: str,
    turns: Iterator[Turn],
    *,
    clients: int,
    requests: int,
    settle: Callable[[], object] = bool,
) -> Batch:
    """POST ``requests`` times from each of so many clients at once, over kept connections.

    ``settle`` waits for work that the server does after its answers; its time and its use of the
    processor count, too.
    """
    start = Barrier(clients + 1)
    visit = partial(_visit, server.port, path, start)
    with ThreadPoolExecutor(clients) as pool:
        parts = [list(islice(turns, requests)) for _ in range(clients)]
        results = [pool.submit(visit, part) for part in parts]
        cpu = server.cpu()
        start.wait()
        began = time.perf_counter()
        each = [seconds for result in results for seconds in result.result()]
        settle()
        wall = time.perf_counter() - began
        return Batch(each=each, wall=wall, cpu=server.cpu() - cpu)


def at_once(server: Server, path: str, turns: Sequence[Turn]) -> list[int]:
    """POST all of them at the same moment; returns the statuses of the answers."""
    start = Barrier(len(turns))

    def post(turn: Turn) -> int:
        connection = _connected(server.port, start)
        try:
            return _post(connection, path, turn)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(turns)) as pool:
        return list(pool.map(post, turns))


def _visit(port: int, path: str, start: Barrier, turns: list[Turn]) -> list[float]:
    connection = _connected(port, start)
    seconds = [_timed(connection, path, turn) for turn in turns]
    connection.close()
    return seconds


def _connected(port: int, start: Barrier) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    start.wait()
    return connection


def _timed(connection: http.client.HTTPConnection, path: str, turn: Turn) -> float:
    began = time.perf_counter()
    status, body = _post(connection, path, turn)
    took = time.perf_counter() - began
    if status not in {200, 201}:
        raise RuntimeError(f"{path} answered {status}: {body[:200]!r}")
    return took


def _post(connection: http.client.HTTPConnection, path: str, turn: Turn) -> tuple[int, bytes]:
    connection.request("POST", path, body=turn.body, headers=turn.headers)
    response = connection.getresponse()
    return response.status, response.read()
