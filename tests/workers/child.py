"""``manage.py COMMAND …`` that stops where it is told to, and tells.

``python -m tests.workers.child [--stop POINT] [--without MODULE] COMMAND …`` writes a line to its
standard output when it gets to the point, and goes on when a line comes in.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from typing import Any

import django
from django.core.management import BaseCommand, execute_from_command_line

# Where it stops: right before the n-th call of this.
POINTS = {
    "start": ("django_avaturn.jobs:run_due", 1),
    "before the request": ("django_avaturn.client:AvaturnClient.create_export", 1),
    "in the body": ("django_avaturn.client.download:_guarded", 5),  # address, head, 12 bytes, more
    "before the storage": ("django_avaturn.services.storing:Incoming.store", 1),
    "in the storage": ("tests.workers.storage:PiecewiseStorage.write_piece", 2),
    "before the transaction": ("django_avaturn.models:Job.finish", 1),
    "before the commit": ("django_avaturn.services.storing:discard", 1),
    "before the old file goes": ("tests.workers.storage:PiecewiseStorage.delete", 1),
    "after the old file went": ("django_avaturn.models:FileDeletion.delete", 1),
}
ERASURE = {
    "before the 51st request": ("django_avaturn.client:AvaturnClient.delete_user", 51),
    "after the 51st request": ("django_avaturn.models:Job.finish", 51),
}
MEETINGS = {
    "before the remote user": ("django_avaturn.client:AvaturnClient.create_user", 1),
    "while another links": ("django_avaturn.services.profiles:time.sleep", 1),
}
PLACES = {**POINTS, **ERASURE, **MEETINGS}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stop", choices=PLACES)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    sys.modules.update(dict.fromkeys(options.without))  # importing them fails
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.workers.settings"
    django.setup()
    if options.stop:
        stop_before(*PLACES[options.stop])
    sys.stdout = sys.stderr
    BaseCommand.requires_system_checks = []  # the tests have no time for them
    execute_from_command_line(["manage.py", *options.command])


def stop_before(place: str, calls: int) -> None:
    owner, _, name = place.rpartition("." if "." in place.partition(":")[2] else ":")
    target = pkgutil.resolve_name(owner)
    original = getattr(target, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls -= 1
        if calls == 0:
            print("stopped", file=sys.__stdout__, flush=True)
            sys.stdin.readline()
        return original(*args, **kwargs)

    setattr(target, name, stopping)


if __name__ == "__main__":
    main()
