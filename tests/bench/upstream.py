"""A stand-in of Avaturn that costs next to nothing and is always equally far away.

Every round trip takes its time, those of a new connection included: one for TCP, one for TLS. To
think about a request may take time, too.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import BinaryIO

import certifi
import trustme

COUNTED = ("/api/v1/users/new", "/api/v1/sessions/new")
"""Paths whose calls are counted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers that two processes share."""

    connections: Synchronized[int]
    calls: dict[str, Synchronized[int]]


class Upstream:
    """Where it listens, how many connections it has accepted so far, and how many calls."""

    def __init__(self, url: str, counts: Counts) -> None:
        self.url = url
        self._counts = counts

    def calls(self, path: str) -> int:
        """Of one of the paths in ``COUNTED``, since the start."""
        return self._counts.calls[path].value

    @property
    def connections(self) -> int:
        """Accepted since the start."""
        return self._counts.connections.value


@contextmanager
def upstream(
    round_trip: float, *, thinking: float = 0, editor: str = "https://editor.example"
) -> Iterator[Upstream]:
    """Serve in a process of its own; ``round_trip`` and ``thinking`` are in seconds.

    Links to the editor begin with ``editor``.

    Until the end of the block ``REQUESTS_CA_BUNDLE`` names all the usual root certificates and
    the one that vouches for this server: loading them is a part of what a connection costs.
    """
    spawn = multiprocessing.get_context("spawn")
    counts = Counts(spawn.Value("i", 0), {path: spawn.Value("i", 0) for path in COUNTED})
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as scratch, socket.create_server(("127.0.0.1", 0)) as door:
        chain, roots = Path(scratch, "chain.pem"), Path(scratch, "roots.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(chain))
        roots.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        process = spawn.Process(
            target=serve,
            args=(door, round_trip, thinking, editor, str(chain), counts),
            daemon=True,
        )
        process.start()
        before = os.environ.get("REQUESTS_CA_BUNDLE")
        os.environ["REQUESTS_CA_BUNDLE"] = str(roots)
        try:
            yield Upstream(f"https://127.0.0.1:{door.getsockname()[1]}", counts)
        finally:
            del os.environ["REQUESTS_CA_BUNDLE"]
            if before:
                os.environ["REQUESTS_CA_BUNDLE"] = before
            process.terminate()
            process.join()


def serve(
    door: socket.socket,
    round_trip: float,
    thinking: float,
    editor: str,
    chain: str,
    counts: Counts,
) -> None:
    """Accept for ever, one thread for each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    while True:
        connection, _ = door.accept()
        counts.connections.value += 1
        arguments = (connection, round_trip, thinking, editor, context, counts.calls)
        threading.Thread(target=talk, args=arguments, daemon=True).start()


def talk(
    connection: socket.socket,
    round_trip: float,
    thinking: float,
    editor: str,
    context: ssl.SSLContext,
    calls: dict[str, Synchronized[int]],
) -> None:
    """Answer one request after the other until the client hangs up."""
    try:
        # The wait for TCP is made up for here, where the client cannot use it for work of its own.
        connection.recv(1, socket.MSG_PEEK)
        time.sleep(2 * round_trip)
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = stream.makefile("rb")
            while target := skip_request(reader):
                if target in calls:
                    with calls[target].get_lock():
                        calls[target].value += 1
                time.sleep(round_trip + thinking)
                stream.sendall(answer(target, editor))
    except OSError:
        pass  # hung up in the middle


def skip_request(reader: BinaryIO) -> str:
    """Read one request to its end; returns what it asks for, nothing where there is none."""
    length, line = 0, reader.readline()
    target = line.decode().partition(" ")[2].partition(" ")[0]
    while line.strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
        line = reader.readline()
    reader.read(length)
    return target


def answer(target: str, editor: str) -> bytes:
    """The user's avatars for a list; for every other endpoint a new id and a link."""
    *_, user, last = target.partition("?")[0].split("/")
    if last == "avatars":
        found: object = [{"id": str(pk), "status": "ready"} for pk in avatars_of(user)]
    else:
        fresh = str(uuid.uuid4())
        found = {"id": fresh, "url": f"{editor}/s/{fresh}"}
    body = json.dumps(found).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def avatar_of(user: str) -> uuid.UUID:
    """The id of the avatar that a remote user has."""
    return avatars_of(user)[0]


def avatars_of(user: str) -> list[uuid.UUID]:
    """The ids of all it has: one, or as many as the user's own id ends in, as in ``ann-x500``."""
    many = re.search(r"-x(\d+)$", user)
    names = [f"{user}/{number}" for number in range(int(many[1]))] if many else [user]
    return [uuid.uuid5(uuid.NAMESPACE_OID, name) for name in names]
