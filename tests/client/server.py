"""A scripted HTTP/1.1 server on a real socket: it answers as told and remembers what it got."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """One answer. ``body`` is sent as JSON unless it is bytes already.

    ``delay`` is in seconds; ``gate`` is anything else to wait for. Faults: "drop" closes without
    an answer, "cut" in the middle of the body, "head" stalls in the middle of the headers, "drip"
    sends a byte every 20 ms, "close" closes after the answer without announcing it, "early" answers
    and closes after the headers of the request, "deaf" never reads its body.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    gate: Any = None
    fault: Literal["", "drop", "cut", "head", "drip", "close", "early", "deaf"] = ""

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Received:
    """One request; ``port`` tells the connections apart, ``size`` is in bytes that came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Message
    body: bytes
    port: int
    size: int

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer takes 40 ms
    server: Server

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client gave up
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass

    def answer(self) -> None:
        answer = self.server.next_answer()
        self.server.requests.append(self.received(answer.fault in {"early", "deaf"}))
        if answer.fault == "deaf":
            self.server.stopping.wait(60)
        if answer.gate:
            answer.gate.wait(5)
        self.server.stopping.wait(answer.delay)
        if answer.fault == "drop":
            self.close_connection = True
            return
        self.send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def received(self, without_body: bool) -> Received:
        url = urlsplit(self.path)
        length = 0 if without_body else int(self.headers.get("Content-Length", 0))
        kept = [self.rfile.read(length)] if self.server.keep_bodies else []
        size = length if kept else sum(map(len, self.pieces(length)))
        query = parse_qsl(url.query, keep_blank_values=True)
        port = self.client_address[1]
        return Received(self.command, url.path, query, self.headers, b"".join(kept), port, size)

    def pieces(self, length: int) -> Iterator[bytes]:
        while length and (piece := self.rfile.read(min(length, 65536))):
            length -= len(piece)
            yield piece

    def send(self, answer: Answer) -> None:
        content = answer.content()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        if answer.fault == "head":
            self.flush_headers()
            self.server.stopping.wait(60)
        self.end_headers()
        self.send_body(content, answer.fault)

    def send_body(self, content: bytes, fault: str) -> None:
        if fault == "drip":
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.server.stopping.wait(0.02)
        elif fault == "cut":
            self.wfile.write(content[: len(content) // 2])
        else:
            self.wfile.write(content)
        self.close_connection = self.close_connection or fault in {"cut", "close", "early"}


class Server(ThreadingHTTPServer):
    """Serves ``script`` in order and the last answer for ever after."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.script: list[Answer] = [Answer()]
        self.requests: list[Received] = []
        self.connections = 0
        self.keep_bodies = True
        self.stopping = threading.Event()
        self.hung_up = threading.Event()
        self._turn = threading.Lock()

    def answers(self, *answers: Answer) -> None:
        self.script = list(answers)

    def next_answer(self) -> Answer:
        with self._turn:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.hung_up.set()


@contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.001,))
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
