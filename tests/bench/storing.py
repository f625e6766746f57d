"""The whole job: ask for the export, fetch, check, and move into the storage; against curl.

Each run is a fresh process on the bench's database, as a worker would be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from statistics import median
from uuid import uuid4

from .download import ROOT, curl, server
from .table import Figure, Mode, ratio

SIZE = 100 * 10**6
"""Bytes."""

CHILD = """
import json, sys, time
import django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR = sys.argv[2], sys.argv[2]
from django_avaturn import jobs
from django_avaturn.models import AvatarFile
row = AvatarFile.objects.get(pk=sys.argv[1])
def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1])
open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
idle, started = status("VmRSS"), time.perf_counter()
jobs.run(row)
seconds = time.perf_counter() - started
peak = (status("VmHWM") - idle) * 1024
row.refresh_from_db()
print(json.dumps({"seconds": seconds, "peak": peak, "size": row.size, "error": row.error}))
"""


def measure(mode: Mode) -> list[Figure]:
    """Memory above the idle process, and time against curl."""
    with server() as port, tempfile.TemporaryDirectory() as folder:
        runs, rival = [], []
        for _ in range(mode.rounds):
            runs.append(_store(port, folder))
            rival.append(curl(f"http://127.0.0.1:{port}/{SIZE}", f"{folder}/curl"))
    ours = [run["seconds"] for run in runs]
    speeds = {"ours": SIZE / median(ours) / 1e6, "curl": SIZE / median(rival) / 1e6}
    rates = ", ".join(f"{way} {speed:.0f} MB/s" for way, speed in speeds.items())
    return [
        Figure(
            what="store 100 MB: peak MB above idle",
            value=max(run["peak"] for run in runs) / 1e6,
            bound="<=",
            goal=4,
            medians="the highest of all rounds; must be below 20",
        ),
        ratio("store 100 MB: ours / curl, time", ours, rival, medians=rates),
    ]


def _store(port: int, folder: str) -> dict[str, float]:
    environ = {
        **os.environ,
        "BENCH_UPSTREAM": f"http://127.0.0.1:{port}",
        "AVATURN_MAX_MODEL_BYTES": str(SIZE),
    }
    command = [sys.executable, "-c", CHILD, str(_row()), folder]
    done = subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE)
    run: dict[str, float] = json.loads(done.stdout)
    if run["size"] != SIZE:
        raise RuntimeError(f"not stored: {run['error']}")
    return run


def _row() -> int:
    """A model that is due."""
    from django.contrib.auth import get_user_model

    from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile

    user = get_user_model()._default_manager.create(username=str(uuid4()))
    profile = AvaturnProfile.objects.create(user=user, avaturn_id=str(uuid4()))
    avatar = Avatar.objects.create(profile=profile, avaturn_id=profile.avaturn_id, status="ready")
    rows = [AvatarFile(avatar=avatar, kind="model")]
    AvatarFile.objects.bulk_create(rows)  # which sets no task going
    return rows[0].pk
