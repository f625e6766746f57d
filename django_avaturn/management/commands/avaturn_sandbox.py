"""Serve the sandbox, a local stand-in of the Avaturn service."""

from __future__ import annotations

import contextlib
import errno
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from django_avaturn.conf import settings as avaturn_settings
from django_avaturn.sandbox import DEFAULT_TOKENS, Call, Fault, Sandbox, SandboxServer, draw_ahead

DEFAULT_STATE = ".avaturn-sandbox.json"


def address(text: str) -> tuple[str, int]:
    """Read ``9100`` or ``127.0.0.1:9100``.

    Raises:
        ArgumentTypeError: neither a port nor a host with a port.
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise ArgumentTypeError(f"{text!r} is neither a port nor host:port")
    return host or "127.0.0.1", int(port)


def status(text: str) -> int:
    """Read a status of an answer.

    Raises:
        ArgumentTypeError: not a number from 400 to 599.
    """
    if not text.isdecimal() or not 400 <= int(text) <= 599:
        raise ArgumentTypeError(f"{text!r} is not a status from 400 to 599")
    return int(text)


class Command(BaseCommand):
    """``manage.py avaturn_sandbox``: API, file host and editor page on a port of their own."""

    help = (
        "Serve a local stand-in of Avaturn until Ctrl-C: the whole API, the file host and an "
        "editor page. No account, no token and no network are needed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--port",
            type=address,
            default=("127.0.0.1", 9100),
            metavar="PORT|HOST:PORT",
            help="Where to listen; 127.0.0.1:9100 by default. Port 0 takes a free one.",
        )
        parser.add_argument(
            "--state",
            default=DEFAULT_STATE,
            metavar="FILE",
            help="File that keeps users and avatars over restarts; %(default)s in the current "
            "directory by default, 'none' keeps everything in memory.",
        )
        parser.add_argument(
            "--latency",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="Let every answer of the API and of the file host wait so long.",
        )
        parser.add_argument(
            "--fail",
            type=status,
            metavar="STATUS",
            help="Answer every call of the API and of the file host with this status.",
        )
        parser.add_argument(
            "--export-kind",
            choices=("dataURL", "httpURL"),
            default="dataURL",
            help="Kind of link that the editor's export carries; %(default)s by default.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Run although settings.DEBUG is False."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted.

        Raises:
            CommandError: DEBUG is off, the port is taken, or the state file cannot be read.
        """
        if not settings.DEBUG and not options["force"]:
            raise CommandError(
                "The sandbox accepts a well-known token and is made for development, but "
                "settings.DEBUG is False. Add --force if this is what you want."
            )
        sandbox = self.make_sandbox(options)
        if options["verbosity"] >= 2:
            sandbox.listener = self.log
        server = self.make_server(sandbox, *options["port"])
        with server, until_interrupted(), draw_ahead():
            self.announce(server, options["state"])
            self.wait()
        self.stdout.write("The sandbox has stopped.")

    def make_sandbox(self, options: dict[str, Any]) -> Sandbox:
        """The sandbox as the options ask for it.

        Raises:
            CommandError: the state file cannot be read.
        """
        name = options["state"]
        path = None if name == "none" else Path(name)
        try:
            sandbox = Sandbox(tokens=(avaturn_settings.API_TOKEN, *DEFAULT_TOKENS), state_file=path)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise CommandError(
                f"{name} is not a state file of the sandbox ({type(fault).__name__}). Move it "
                "away, or name another one with --state."
            ) from fault
        sandbox.export_kind = options["export_kind"]
        if options["fail"] or options["latency"]:
            sandbox.faults.standing(Fault(status=options["fail"], latency=options["latency"]))
        return sandbox

    def make_server(self, sandbox: Sandbox, host: str, port: int) -> SandboxServer:
        """A server that listens already.

        Raises:
            CommandError: it cannot listen there.
        """
        try:
            return SandboxServer(sandbox, host, port)
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                reason = f"Port {port} is in use. Stop what runs there, or choose another --port."
            else:
                reason = f"Cannot listen on {host}:{port}: {fault.strerror}."
            raise CommandError(reason) from fault

    def announce(self, server: SandboxServer, state: str) -> None:
        """Say where the sandbox is and how a site uses it."""
        kept = "in memory only" if state == "none" else f"in {state}"
        own = " or the site's own" if avaturn_settings.API_TOKEN else ""
        self.stdout.write(
            f"Avaturn sandbox at {server.url} (state {kept}). Put this into your settings:\n\n"
            f'    AVATURN = {{"API_URL": "{server.url}", ...}}\n\n'
            f'The API token is "{DEFAULT_TOKENS[0]}"{own}. Stop with Ctrl-C.'
        )
        self.stdout.flush()

    def log(self, call: Call) -> None:
        """One short line per request; the template instead of the path hides ids and tokens."""
        self.stdout.write(f"{call.method} {call.path_template or '?'} {call.status or 'dropped'}")

    def wait(self) -> None:
        """Block until a signal ends it.

        In steps: one that comes in the instant before a wait begins does not interrupt it.
        """
        for_ever = threading.Event()
        while not for_ever.wait(0.5):
            pass


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Leave the block in good order at Ctrl-C or SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)
