"""A stand-in of Avaturn that costs next to nothing and is always equally far away.

Every round trip takes its time, those of a new connection included: one for TCP, one for TLS.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import BinaryIO

import certifi
import trustme


class Upstream:
    """Where it listens, and how many connections it has accepted so far."""

    def __init__(self, url: str, connections: Synchronized[int]) -> None:
        self.url = url
        self._connections = connections

    @property
    def connections(self) -> int:
        """Accepted since the start."""
        return self._connections.value


@contextmanager
def upstream(round_trip: float) -> Iterator[Upstream]:
    """Serve in a process of its own; ``round_trip`` is in seconds.

    Until the end of the block ``REQUESTS_CA_BUNDLE`` names all the usual root certificates and
    the one that vouches for this server: loading them is a part of what a connection costs.
    """
    spawn = multiprocessing.get_context("spawn")
    connections = spawn.Value("i", 0)
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as scratch, socket.create_server(("127.0.0.1", 0)) as door:
        chain, roots = Path(scratch, "chain.pem"), Path(scratch, "roots.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(chain))
        roots.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        process = spawn.Process(
            target=serve, args=(door, round_trip, str(chain), connections), daemon=True
        )
        process.start()
        os.environ["REQUESTS_CA_BUNDLE"] = str(roots)
        try:
            yield Upstream(f"https://127.0.0.1:{door.getsockname()[1]}", connections)
        finally:
            del os.environ["REQUESTS_CA_BUNDLE"]
            process.terminate()
            process.join()


def serve(
    door: socket.socket, round_trip: float, chain: str, connections: Synchronized[int]
) -> None:
    """Accept for ever, one thread for each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    while True:
        connection, _ = door.accept()
        connections.value += 1
        arguments = (connection, round_trip, context)
        threading.Thread(target=talk, args=arguments, daemon=True).start()


def talk(connection: socket.socket, round_trip: float, context: ssl.SSLContext) -> None:
    """Answer one request after the other until the client hangs up."""
    try:
        # The wait for TCP is made up for here, where the client cannot use it for work of its own.
        connection.recv(1, socket.MSG_PEEK)
        time.sleep(2 * round_trip)
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = stream.makefile("rb")
            while skip_request(reader):
                time.sleep(round_trip)
                stream.sendall(answer())
    except OSError:
        pass  # hung up in the middle


def skip_request(reader: BinaryIO) -> bool:
    """Read one request to its end; false where there is none."""
    length, line = 0, reader.readline()
    found = bool(line)
    while line.strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
        line = reader.readline()
    reader.read(length)
    return found


def answer() -> bytes:
    """The same for every endpoint: a new id and a link."""
    fresh = str(uuid.uuid4())
    body = json.dumps({"id": fresh, "url": f"https://editor.example/s/{fresh}"}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
