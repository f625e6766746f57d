"""The sandbox behind a socket: HTTP/1.1 with connections that stay open."""

from __future__ import annotations

import errno
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from .messages import Request, Response, error
from .service import Sandbox
from .webhooks import Courier

MAX_BODY = 64 * 1024 * 1024
"""Largest request body in bytes."""


class BadBody(Exception):
    """The body cannot be read; ``status`` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


ENDED = (errno.EBADF, errno.EINVAL, errno.ENOTCONN)
"""What a system may say of a socket that is closed; the last two it says on macOS."""

RESET = struct.pack("ii", 1, 0)
"""The option SO_LINGER of a socket whose end is a reset."""


class Handler(BaseHTTPRequestHandler):
    """Turns a request on the wire into a `Request`, and a `Response` back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Serve a connection, or break it off before anything is read."""
        if self._is_refused():
            self.server.reset(self.connection)
        else:
            super().handle()

    def parse_request(self) -> bool:
        """Read the head, and be ready for its method: each is the sandbox's business."""
        is_read = super().parse_request()
        if is_read:
            setattr(self, f"do_{self.command}", self._serve)
        return is_read

    def _is_refused(self) -> bool:
        if self.server.sandbox.fault_plan is None:
            return False
        start = self.connection.recv(1024, socket.MSG_PEEK).decode("latin-1")
        method, _, rest = start.partition(" ")
        return self.server.sandbox.refuses(method, Request(method, rest.partition(" ")[0]).path)

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except BadBody as fault:
            self.close_connection = True
            self._send(error(fault.status, HTTPStatus(fault.status).phrase))
            return
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        self._deliver(self.server.sandbox.handle(request))

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        return self._read_exactly(_length(self.headers.get("Content-Length", "0"), 10))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := _length(self.rfile.readline(100).split(b";")[0].decode("latin-1"), 16):
            if len(body) + size > MAX_BODY:
                raise BadBody(413)
            body += self._read_exactly(size)
            self.rfile.readline(3)
        while self.rfile.readline(65_537).strip():
            pass
        return bytes(body)

    def _read_exactly(self, size: int) -> bytes:
        if size > MAX_BODY:
            raise BadBody(413)
        body = self.rfile.read(size) if size else b""
        if len(body) < size:
            raise BadBody(400)
        return body

    def _deliver(self, response: Response) -> None:
        if response.delay and self.server.stopping.wait(response.delay):
            self.close_connection = True
            return
        if response.drop:
            self.close_connection = True
            if response.reset:
                self.server.reset(self.connection)
            return
        self._send(response)

    def _send(self, response: Response) -> None:
        if response.endless or response.announced is not None:
            self.close_connection = True
        head = self._head(response)
        pieces = iter(()) if self.command == "HEAD" else response.pieces()
        try:
            if response.drip is None:
                # One write: a header and a body in two packets would wait for each other.
                self.wfile.write(head + next(pieces, b""))
                for piece in pieces:
                    self.wfile.write(piece)
            else:
                self.wfile.write(head)
                self._drip(pieces, response.drip, response.drip_bytes)
        except OSError:
            self.close_connection = True

    def _drip(self, pieces: Iterator[bytes], pause: float, size: int) -> None:
        for piece in pieces:
            for start in range(0, len(piece), size):
                if self.server.stopping.wait(pause):
                    self.close_connection = True
                    return
                self.wfile.write(piece[start : start + size])

    def _head(self, response: Response) -> bytes:
        ends = {"Connection": "close"} if self.close_connection else {}
        return response.head(Date=self.date_time_string(), **ends)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the base class would print addresses, and with them tokens."""


def _length(text: str, base: int) -> int:
    try:
        size = int(text.strip(), base)
    except ValueError:
        raise BadBody(400) from None
    if size < 0:
        raise BadBody(400)
    return size


def _is_broken(fault: OSError) -> bool:
    """Whether a connection has ended, at either side, and nothing else has gone wrong."""
    return isinstance(fault, ConnectionError | TimeoutError) or fault.errno in ENDED


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self.connections += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            is_open = request in self._open
            self._open.discard(request)
        if is_open:
            super().shutdown_request(request)
        else:
            self.close_request(request)  # no farewell, or it would be no reset

    def reset(self, request: socket.socket) -> None:
        """Have a connection end with a reset."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with self._guard:
            self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Swallow broken connections; let the rest be seen, a full disk for instance."""
        fault = sys.exception()
        if not isinstance(fault, OSError) or not _is_broken(fault):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every open connection, idle ones included."""
        with self._guard:
            sockets = list(self._open)
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class SandboxServer:
    """Serves a sandbox on a port of its own, in a thread; another one delivers webhooks.

    Parameters:
        sandbox: what to serve; a new `Sandbox` by default.
        host, port: where to listen; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or the host is not one of this machine.
    """

    def __init__(
        self, sandbox: Sandbox | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.sandbox = sandbox or Sandbox()
        self._server = _Server((host, port), self.sandbox)
        self._courier = Courier(self.sandbox)
        self._thread = threading.Thread(target=self._run, name="avaturn-sandbox", daemon=True)

    def _run(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    @property
    def url(self) -> str:
        """The origin of the server, without a slash at its end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted so far."""
        return self._server.connections

    def start(self) -> SandboxServer:
        """Begin to serve; returns itself."""
        self._thread.start()
        self._courier.start()
        return self

    def stop(self) -> None:
        """Interrupt waiting answers, close every connection and free the port."""
        self._courier.stop()
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
