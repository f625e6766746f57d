"""Connections: kept, shared by clients and threads, never by processes; and no cookies."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from .calls import CALLS, NAMED, TOKEN, USER
from .server import Answer, Server

ROOT = Path(__file__).resolve().parents[2]


def test_twenty_calls_use_one_connection(server: Server, api: Any) -> None:
    server.answers(Answer(200, []))
    for _ in range(20):
        api.list_avatars(USER)
    assert (len(server.requests), server.connections) == (20, 1)


def test_every_kind_of_call_keeps_the_connection(server: Server, api: Any) -> None:
    """Whatever is answered, it is read to the end."""
    for call in CALLS:
        server.answers(Answer(call.status, call.answer))
        call.make(api)
    for status in (204, 304, 404, 422, 429, 500):
        server.answers(Answer(status, b"" if status in {204, 304} else {"detail": "text"}))
        with pytest.raises(Exception, match="Avaturn"):
            api.create_user()
    assert server.connections == 1


def test_clients_share_the_connections(server: Server, connect: Any) -> None:
    server.answers(Answer(200, []))
    for timeout in (1.0, 2.0, (1.0, 2.0)):
        connect(timeout=timeout).list_avatars(USER)
    assert (len(server.requests), server.connections) == (3, 1)


def test_threads_work_at_once(server: Server, api: Any) -> None:
    """None of the sixteen is answered before all of them were sent."""
    server.answers(Answer(200, [], gate=Barrier(16)))
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: api.list_avatars(USER), range(16)))
    assert results == [[]] * 16
    assert server.connections == 16

    server.answers(Answer(200, []))
    api.list_avatars(USER)
    assert server.connections == 16  # all of them were kept


@pytest.mark.parametrize("name", ["list", "user", "set-customization", "upload"])
def test_a_stale_connection_does_no_harm(server: Server, api: Any, name: str) -> None:
    """Servers close idle connections whenever they like."""
    call = NAMED[name]
    server.answers(Answer(200, [], fault="close"), Answer(call.status, call.answer))
    api.list_avatars(USER)
    assert server.hung_up.wait(5)

    call.make(api)

    assert (len(server.requests), server.connections) == (2, 2)


def test_cookies_are_not_kept(server: Server, api: Any) -> None:
    """All users of the site share the session."""
    server.answers(Answer(200, [], {"Set-Cookie": "who=ann; Path=/"}))
    api.list_avatars(USER)
    api.list_avatars(USER)
    assert [sent.headers["Cookie"] for sent in server.requests] == [None, None]


FORKING = """
import os, sys
from django_avaturn.client import AvaturnClient

client = AvaturnClient(sys.argv[1], base_url=sys.argv[2], timeout=5)
client.list_avatars("parent")
child = os.fork()
client.list_avatars("parent" if child else "child")
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
client.list_avatars("parent")
"""


def test_a_forked_process_connects_anew(server: Server) -> None:
    """Two processes on one socket would read each other's answers. Needs no Django settings."""
    server.answers(Answer(200, []))
    command = [sys.executable, "-W", "error", "-c", FORKING, TOKEN, server.url]
    subprocess.run(command, check=True, cwd=ROOT, timeout=30)

    ports: dict[str, set[int]] = {"parent": set(), "child": set()}
    for sent in server.requests:
        ports[sent.path.split("/")[4]].add(sent.port)
    assert len(server.requests) == 4
    assert [len(found) for found in ports.values()] == [1, 1]
    assert ports["parent"] != ports["child"]


def test_no_settings_are_needed() -> None:
    """Neither Django's nor a project's."""
    code = f"from django_avaturn.client import AvaturnClient; AvaturnClient({TOKEN!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=True)
