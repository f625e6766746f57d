"""Child processes that never outlive their test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PATIENCE = 40
"""Seconds until a child that hangs is killed, which fails its test."""


class Child:
    """``manage.py COMMAND …`` in a process of its own, with these settings; see ``child``."""

    def __init__(self, site: dict[str, Any], *command: str, **options: str | list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.workers.child", *_flags(options), *command],
            cwd=ROOT,
            env={**os.environ, "SITE_SETTINGS": json.dumps(site), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(PATIENCE, self._process.kill)
        self._watchdog.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._watchdog.cancel()
        self._watchdog.join()
        self._process.kill()
        self._process.communicate()

    def until_stopped(self) -> None:
        """Wait until it has got to its point."""
        assert self._process.stdout.readline() == "stopped\n", "it never got there"

    def go_on(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL

    def terminate(self) -> None:
        """Ask a worker to finish what it is at, and end."""
        self._process.terminate()
        self.finish()

    def finish(self) -> None:
        """Wait until it ends by itself."""
        code = self._process.wait()
        assert code == 0, f"it has ended with {code}"


def _flags(options: dict[str, str | list[str]]) -> list[str]:
    values = {key: [value] if isinstance(value, str) else value for key, value in options.items()}
    return [f"--{key}={value}" for key, several in values.items() for value in several]
