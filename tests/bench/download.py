"""Fetching a file: ours, the usual hand-written way, and curl; time and peak memory.

Every download runs in a fresh process, so that none profits from what another has left behind.
Time is that of the transfer alone, without the start of the process; curl reports its own.
"""

from __future__ import annotations

import json
import os
import socketserver
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from .table import Bound, Figure, Mode, ratio

SIZES = (10, 100)
"""Megabytes (of 10**6 bytes)."""
WAYS = ("ours", "naive", "curl")
ROOT = Path(__file__).resolve().parents[2]

MEASURED = """
import sys, tempfile, time
url, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
{imports}
def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1])
open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
idle = status("VmRSS")
with open(path, "wb") as into:
    started = time.perf_counter()
{work}
    into.flush()
    seconds = time.perf_counter() - started
print('{{"seconds": %r, "peak": %r}}' % (seconds, (status("VmHWM") - idle) * 1024))
"""
OURS = MEASURED.format(
    imports="from urllib.parse import urlsplit\nfrom django_avaturn.client import GLB, download",
    work="    download(url, into, hosts=[urlsplit(url).netloc], kind=GLB, max_bytes=size,\n"
    "             timeout=(5, 5), deadline=60)",
)
NAIVE = MEASURED.format(
    imports="import hashlib, requests",
    work="    content = requests.get(url).content\n"
    "    hashlib.sha256(content).hexdigest()\n    into.write(content)",
)


class Handler(BaseHTTPRequestHandler):
    """``/<bytes>`` is a GLB of that size, sent by the kernel; every export is the largest."""

    protocol_version = "HTTP/1.1"
    files: dict[int, Any]

    def do_GET(self) -> None:
        size = int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.connection.sendfile(self.files[size])
        self.close_connection = True

    def do_POST(self) -> None:
        """The answer of ``exports/new``."""
        host, port = self.server.server_address[:2]
        url = f"http://{host}:{port}/{max(self.files)}"
        body = json.dumps({"status": "ready", "url": url}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


def serve(port: Connection) -> None:
    """Serve until killed; tells its port first."""
    Handler.files = {size * 10**6: _glb(size * 10**6) for size in SIZES}
    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        port.send(server.server_address[1])
        server.serve_forever()


def measure(mode: Mode) -> list[Figure]:
    """Time against curl and the hand-written way, and memory above idle."""
    with server() as port, tempfile.TemporaryDirectory() as folder:
        return [
            figure
            for size in SIZES
            for figure in _figures(size, f"http://127.0.0.1:{port}", folder, mode.rounds)
        ]


def _figures(size: int, base: str, folder: str, rounds: int) -> list[Figure]:
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for shift in range(len(WAYS)):  # who comes first changes
            way = WAYS[(number + shift) % len(WAYS)]
            runs[way].append(_run(way, base, size * 10**6, os.path.join(folder, way)))
    seconds = {way: [run["seconds"] for run in runs[way]] for way in WAYS}
    peaks = {way: max(run["peak"] for run in runs[way]) / 1e6 for way in ("ours", "naive")}
    times = ", ".join(f"{way} {median(seconds[way]) * 1000:.0f} ms" for way in WAYS)
    ours, naive, curls = (seconds[way] for way in WAYS)
    what = f"download {size} MB"
    bound: Bound = ">=" if size == max(SIZES) else ""
    return [
        ratio(f"{what}: ours / curl, time", ours, curls, "<=", 1.3, times),
        ratio(f"{what}: naive / ours, time", naive, ours, bound, 2),
        Figure(
            what=f"{what}: peak MB above idle",
            value=peaks["ours"],
            bound="<=",
            goal=4,
            medians=f"the highest of all rounds; naive {peaks['naive']:.0f} MB",
        ),
    ]


def _run(way: str, base: str, size: int, path: str) -> dict[str, float]:
    url = f"{base}/{size}"
    if way == "curl":
        return {"seconds": curl(url, path)}
    command = [sys.executable, "-c", OURS if way == "ours" else NAIVE, url, str(size), path]
    environ = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE)
    if os.path.getsize(path) != size:
        raise RuntimeError(f"{way} has not fetched everything")
    os.unlink(path)
    return json.loads(done.stdout)


def curl(url: str, path: str) -> float:
    """Seconds that curl says it took."""
    command = ["curl", "-sSf", "--noproxy", "*", "-o", path, "-w", "%{time_total}", url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    os.unlink(path)
    return float(done.stdout)


@contextmanager
def server() -> Iterator[int]:
    """The file host in a process of its own; gives its port."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
        ours.close()
        theirs.close()


def _glb(size: int) -> Any:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the server
    file.write(struct.pack("<4sII", b"glTF", 2, size))
    noise = os.urandom(10**6)
    while (left := size - file.tell()) > 0:
        file.write(noise[:left])
    return file
