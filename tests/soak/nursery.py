"""Workers that never get old: each is killed in the middle of its work, and another one follows.

``python -m tests.soak.nursery SEED`` goes on until its standard input ends, and then writes how
many it has killed. They are forked, so that a new one is at work at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from typing import Any, Self

import django
from django.core.management import CommandError, call_command

from tests.workers.processes import ROOT

LIFE = (0.05, 2.0)
"""Seconds that a worker lives, at least and at most."""
PATIENCE = 30
PAUSE = 0.2
"""Seconds between two rounds of a worker."""
UNWELL = 3
"""How a worker ends that has met an error nobody expected."""


class Nursery:
    """A process with workers for the site of these settings."""

    def __init__(self, site: dict[str, Any], seed: str) -> None:
        self.report: dict[str, int] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.nursery", seed],
            cwd=ROOT,
            env={**os.environ, "SITE_SETTINGS": json.dumps(site), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        try:
            told, _ = self._process.communicate(timeout=PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
        self.report = json.loads(told or "{}")


def main(seed: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.workers.settings"
    django.setup()
    logging.disable()
    dice, report = random.Random(seed), {"killed": 0, "unwell": 0}
    ended = False
    while not ended:
        worker = os.fork()
        if not worker:
            work()
        ended = bool(select.select([sys.stdin], [], [], dice.uniform(*LIFE))[0])
        os.kill(worker, signal.SIGKILL)
        killed = os.waitpid(worker, 0)[1] == signal.SIGKILL
        report["killed" if killed else "unwell"] += 1
    print(json.dumps(report))


def work() -> None:
    """What cron starts, again and again."""
    try:
        while True:
            with contextlib.suppress(CommandError):  # what fails for good is told of elsewhere
                call_command("avaturn_process", stdout=io.StringIO())
            time.sleep(PAUSE)
    except BaseException:
        traceback.print_exc()
        os._exit(UNWELL)


if __name__ == "__main__":
    main(sys.argv[1])
