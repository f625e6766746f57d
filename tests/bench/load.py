"""Clients that log in once and then ask one address again and again."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
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
class Batch:
    """What a number of requests in a row cost, all in seconds."""

    each: list[float]
    wall: float
    cpu: float


def visitors(count: int) -> list[Headers]:
    """Users who are known to everybody, with the headers their logged-in browsers send.

    There are many, because the app allows each of them a limited number of sessions.
    """
    return [_headers(user) for user in _users(count)]


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
    server: Server, path: str, turns: Iterator[Headers], *, clients: int, requests: int
) -> Batch:
    """POST ``requests`` times from each of so many clients at once, over kept connections."""
    start = Barrier(clients + 1)
    visit = partial(_visit, server.port, path, start)
    with ThreadPoolExecutor(clients) as pool:
        parts = [list(islice(turns, requests)) for _ in range(clients)]
        results = [pool.submit(visit, part) for part in parts]
        cpu = server.cpu()
        start.wait()
        began = time.perf_counter()
        each = [seconds for result in results for seconds in result.result()]
        wall = time.perf_counter() - began
        return Batch(each=each, wall=wall, cpu=server.cpu() - cpu)


def _visit(port: int, path: str, start: Barrier, turns: list[Headers]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    start.wait()
    seconds = [_post(connection, path, headers) for headers in turns]
    connection.close()
    return seconds


def _post(connection: http.client.HTTPConnection, path: str, headers: Headers) -> float:
    began = time.perf_counter()
    connection.request("POST", path, body=b"{}", headers=headers)
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - began
    if response.status != 201:
        raise RuntimeError(f"{path} answered {response.status}: {body[:200]!r}")
    return took
