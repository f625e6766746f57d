"""``python -m tests.bench [part …]``: run, print one table. Parts are those of ``PARTS``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import django

from tests.bench import report
from tests.bench.table import Mode, Result

RIVALS = (
    "sessions",
    "first_visits",
    "webhooks",
    "admin_list",
    "weight",
    "page",
    "visits",
    "download",
    "storing",
    "syncing",
)
PARTS = (*RIVALS, "scrolling", "sharing", "capacity", "growth")
"""Modules of this package; each has ``measure(mode)``. The short mode has the first ones only."""
SHORT, FULL = 2, 15
"""Rounds."""


@contextmanager
def site() -> Iterator[None]:
    """Django with the settings of this package, on a database made for the run."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
    # The processes of the server inherit the name.
    os.environ["BENCH_DATABASE"] = f"avaturn_bench_{os.getpid()}"
    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def main() -> None:
    """Parse, measure, print. Ends with 0 whatever the figures: a goal missed is not an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--short", action="store_true", help="two minutes, rivals only")
    parser.add_argument("--rounds", type=int, help=f"{FULL}, or {SHORT} with --short")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="curves (SVG), tables (CSV)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    mode = Mode(options.rounds or (SHORT if options.short else FULL), options.short)
    results: dict[str, list[Result]] = {}
    with site():
        for part in options.parts or (RIVALS if options.short else PARTS):
            began = time.monotonic()
            results[part] = import_module(f"tests.bench.{part}").measure(mode)
            print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    report.show(results, mode)
    if options.json:
        report.write_json(results, mode, options.json)
    if options.plots:
        report.draw(results, options.plots)


if __name__ == "__main__":
    main()
