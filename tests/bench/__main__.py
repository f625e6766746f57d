"""``python -m tests.bench [part …]``: run, print one table. Parts are the keys of ``PARTS``."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

from tests.bench.table import Figure, print_table


def sessions(rounds: int) -> list[Figure]:
    from tests.bench import sessions

    return sessions.measure(rounds)


def admin(rounds: int) -> list[Figure]:
    from tests.bench import admin_list

    return admin_list.measure(rounds)


def weight(rounds: int) -> list[Figure]:
    from tests.bench import weight

    return weight.measure()


def download(rounds: int) -> list[Figure]:
    from tests.bench import download

    return download.measure(rounds)


def storing(rounds: int) -> list[Figure]:
    from tests.bench import storing

    return storing.measure(rounds)


PARTS: dict[str, Callable[[int], list[Figure]]] = {
    "sessions": sessions,
    "admin": admin,
    "weight": weight,
    "download": download,
    "storing": storing,
}


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
    parser.add_argument("--rounds", type=int, default=15, help="more of them, less noise")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    with site():
        for part in options.parts or PARTS:
            figures += PARTS[part](options.rounds)
    print_table(figures)
    print(
        f"\nPython {platform.python_version()}, Django {django.get_version()}, gunicorn gthread "
        f"2 x 8, PostgreSQL, {os.cpu_count()} cores. Medians over {options.rounds} rounds in which "
        "the rivals take turns; 10% over a goal is noise."
    )


if __name__ == "__main__":
    main()
