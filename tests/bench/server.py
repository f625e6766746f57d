"""The site in a real server, and what its processes use of the processor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROCESSES = 2
THREADS = 16
"""As many requests are served at once, by all processes together."""

GUNICORN = ("--worker-class=gthread", "--keep-alive=60", "--log-level=error", "--no-control-socket")


class Server:
    """A running gunicorn."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._pid = pid

    def cpu(self) -> float:
        """Seconds that the master and its workers have used so far.

        Linux has a clock for each process, far finer than the ticks in ``/proc``.
        """
        workers = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        pids = [self._pid, *map(int, workers)]
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


@contextmanager
def server(upstream: str, *, processes: int = PROCESSES, **environment: str) -> Iterator[Server]:
    """Serve the site on a free port; its Avaturn is at ``upstream``.

    ``environment`` holds further variables for settings.
    """
    size = (f"--workers={processes}", f"--threads={THREADS // processes}")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as door:
        # As gunicorn does for a socket of its own. What it accepts inherits it.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        application = "django.core.wsgi:get_wsgi_application()"
        fd = door.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *GUNICORN, *size, f"--bind=fd://{fd}", application],
            pass_fds=[fd],
            env={**os.environ, "BENCH_UPSTREAM": upstream, **environment},
        )
        try:
            yield Server(door.getsockname()[1], process.pid)
        finally:
            process.terminate()
            process.wait()
