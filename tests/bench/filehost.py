"""A stand-in of Avaturn and its file host, a little way off, that counts what is fetched."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized

ROUND_TRIP = 0.020
"""Seconds; a file takes two of them: one to Avaturn, one to the file host."""
SIZE = 20_000
"""Bytes of a model."""


class Handler(BaseHTTPRequestHandler):
    """Every export is ready at once; its model is a small one."""

    protocol_version = "HTTP/1.1"
    downloads: Synchronized[int]
    model = struct.pack("<4sII", b"glTF", 2, SIZE).ljust(SIZE, b"\0")

    def do_POST(self) -> None:
        host, port = self.server.server_address[:2]
        url = f"http://{host}:{port}/model.glb"
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        self._answer(json.dumps({"status": "ready", "url": url}).encode())

    def do_GET(self) -> None:
        with self.downloads.get_lock():
            self.downloads.value += 1
        self._answer(self.model)

    def _answer(self, body: bytes) -> None:
        time.sleep(ROUND_TRIP)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def serve(port: Connection, downloads: Synchronized[int]) -> None:
    """Serve until killed; tells its port first."""
    Handler.downloads = downloads
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        port.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def filehost() -> Iterator[tuple[str, Synchronized[int]]]:
    """In a process of its own: its address, and how many files were fetched."""
    spawn = get_context("spawn")
    downloads = spawn.Value("i", 0)
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, downloads), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", downloads
    finally:
        process.terminate()
        process.join()
