"""Several processes that do what is due in one database: how many rows a second, each but once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from django.utils import timezone

from django_avaturn.models import AvatarFile

from . import crowds
from .download import ROOT
from .filehost import filehost
from .table import Bound, Curve, Figure, Mode, Result, ratio

NUMBERS, ROWS, ROUNDS = (1, 2, 4, 8), 200, 3
CORES = os.cpu_count() or 1
FEWER_NUMBERS, FEWER_ROWS = (1, 2), 20
CHILD = """
import sys
import django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT = settings.FILE_UPLOAD_TEMP_DIR = sys.argv[1]
from django_avaturn import jobs
from django_avaturn.models import AvatarFile
AvatarFile.objects.first()
print("ready", flush=True)
sys.stdin.readline()
jobs.run_due(AvatarFile)
"""


def measure(mode: Mode) -> list[Result]:
    """Rows a second, and whether each was done once."""
    numbers, rows = (FEWER_NUMBERS, FEWER_ROWS) if mode.short else (NUMBERS, ROWS)
    print(f"growth, {numbers} workers, {rows} rows ...", file=sys.stderr)
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    once = True
    with (
        crowds.databases((rows,), crowds.fill_owners) as databases,
        filehost() as (url, downloads),
        tempfile.TemporaryDirectory() as folder,
    ):
        databases[rows].use()
        for _ in range(1 if mode.short else min(mode.rounds, ROUNDS)):
            for number in random.sample(numbers, len(numbers)):
                _make_due()
                downloads.value = 0
                seconds = _timed(number, databases[rows].name, url, folder)
                rates[number].append(rows / seconds)
                done = AvatarFile.objects.filter(kind="model", state="ready", attempts=1).count()
                once = once and done == downloads.value == rows
    return [*_figures(rates, rows, once)]


def _make_due() -> None:
    now = timezone.now()
    again = {"state": "pending", "due_at": now, "attempts": 0, "file": ""}
    AvatarFile.objects.filter(kind="model").update(**again)


def _timed(number: int, database: str, url: str, folder: str) -> float:
    """Seconds from the moment when all are ready until all have ended."""
    environ = {**os.environ, "BENCH_DATABASE": database, "BENCH_UPSTREAM": url}
    command = [sys.executable, "-c", CHILD, folder]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    children = [
        subprocess.Popen(command, cwd=ROOT, env=environ, text=True, **pipes) for _ in range(number)
    ]
    for child in children:
        child.stdout.readline()  # type: ignore[union-attr]
    began = time.perf_counter()
    for child in children:
        child.stdin.write("go\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]
    for child in children:
        child.communicate()
    seconds = time.perf_counter() - began
    if any(child.returncode for child in children):
        raise RuntimeError("A worker has ended with an error.")
    return seconds


def _figures(rates: dict[int, list[float]], rows: int, once: bool) -> Iterator[Result]:
    medians = ", ".join(f"{number} {median(found):.1f}" for number, found in rates.items())
    yield Figure(
        what=f"workers: each of {rows} rows downloaded once, in all rounds",
        value=int(once),
        bound=">=",
        goal=1,
    )
    for number in list(rates)[1:]:
        title = f"workers: rows a second, {number} / 1"
        # More of them than cores have the waiting left to gain from, and the cores to share.
        bound: Bound = ">=" if number <= 2 * CORES else ""
        yield ratio(title, rates[number], rates[1], bound, 1, f"{medians} rows a second")
    line = [(number, median(found)) for number, found in rates.items()]
    yield Curve(
        name="growth-workers",
        title="Rows a second by number of workers",
        x="processes",
        y="rows a second",
        lines={"measured": line},
    )
