"""Serve the sandbox, a local stand-in of the Avaturn service."""

from __future__ import annotations

import contextlib
import errno
import secrets
import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from django_avaturn.conf import settings as avaturn_settings
from django_avaturn.sandbox import (
    DEFAULT_TOKENS,
    Call,
    Fault,
    FaultPlan,
    Sandbox,
    SandboxServer,
    Webhook,
    draw_ahead,
)
from django_avaturn.sandbox.editor import SCENARIOS
from django_avaturn.sandbox.switches import T1, T2
from django_avaturn.sandbox.webhooks import Carrier

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


def web_address(text: str) -> str:
    """Read a full http or https address.

    Raises:
        ArgumentTypeError: something is missing.
    """
    try:
        Carrier(text)
    except ValueError:
        example = "http://localhost:8000/avatar/webhooks/secret/"
        told = f"{text!r} is not a full address, in ASCII characters, such as {example}"
        raise ArgumentTypeError(told) from None
    return text


def seconds(text: str) -> float:
    """Read a time that is not negative.

    Raises:
        ArgumentTypeError: it is, or it is not a time.
    """
    if not text.replace(".", "", 1).isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return float(text)


def chance(text: str) -> float:
    """Read a number from 0 to 1.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not text.replace(".", "", 1).isdecimal() or float(text) > 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return float(text)


def count(text: str) -> int:
    """Read a whole number that is not negative.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


SWITCHES = (
    ("processing_seconds", seconds, "Let the processing of photos take so long; 3 by default."),
    ("export_seconds", seconds, "Let an export take so long."),
    ("render_seconds", seconds, "Let a render take so long."),
    ("export_bytes", count, "Pad models to at least this size."),
    ("fail_exports", count, "Let so many of the first exports fail."),
    ("fail_renders", count, "Let so many of the first renders fail."),
    ("webhook_copies", count, "Deliver each webhook so many times."),
)
"""Switches of the sandbox that are options as well."""


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
            "address", nargs="?", type=address, metavar="PORT|HOST:PORT", help="The same as --port."
        )
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
            type=seconds,
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
            "--faults",
            type=chance,
            default=0.0,
            metavar="RATE",
            help="Spoil this share of the calls at random, such as 0.2: with resets, silence, "
            "errors and answers that are slow, cut off or no JSON. Each is told of.",
        )
        parser.add_argument(
            "--seed", type=count, metavar="N", help="Have the same faults again as with this seed."
        )
        parser.add_argument(
            "--export-kind",
            choices=("dataURL", "httpURL"),
            default="dataURL",
            help="Kind of link that the editor's export carries; %(default)s by default.",
        )
        parser.add_argument(
            "--avatar-type",
            choices=(T1, T2),
            default=T1,
            help="T2 for models with blendshapes; %(default)s by default.",
        )
        parser.add_argument(
            "--webhook",
            type=web_address,
            metavar="URL",
            help="Full address of the site's webhook, with its secret; none by default.",
        )
        parser.add_argument(
            "--scenario",
            choices=SCENARIOS,
            default="",
            help="Let the editor misbehave in this way; not at all by default.",
        )
        for name, kind, text in SWITCHES:
            option, metavar = f"--{name.replace('_', '-')}", "SECONDS" if kind is seconds else "N"
            parser.add_argument(option, type=kind, metavar=metavar, help=text)
        parser.add_argument(
            "--force", action="store_true", help="Run although settings.DEBUG is False."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted.

        Raises:
            CommandError: DEBUG is off, the port is taken, or the state file cannot be read or
                written.
        """
        if not settings.DEBUG and not options["force"]:
            raise CommandError(
                "The sandbox accepts a well-known token and is made for development, but "
                "settings.DEBUG is False. Add --force if this is what you want."
            )
        sandbox = self.make_sandbox(options)
        if options["verbosity"] >= 2:
            sandbox.listener = self.log
        sandbox.webhook_listener = partial(self.log_webhook, options["verbosity"])
        server = self.make_server(sandbox, *(options["address"] or options["port"]))
        with server, until_interrupted(), draw_ahead():
            self.announce(server, options["state"])
            self.wait()
        self.stdout.write("The sandbox has stopped.")

    def make_sandbox(self, options: dict[str, Any]) -> Sandbox:
        """The sandbox as the options ask for it.

        Raises:
            CommandError: the state file cannot be read, or not be written.
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
        self.try_to_save(sandbox, name)
        sandbox.export_kind, sandbox.avatar_type = options["export_kind"], options["avatar_type"]
        sandbox.webhook_url = options["webhook"] or ""
        sandbox.scenario = options["scenario"]
        for name, *_ in SWITCHES:
            if options[name] is not None:
                setattr(sandbox, name, options[name])
        if options["fail"] or options["latency"]:
            sandbox.faults.standing(Fault(status=options["fail"], latency=options["latency"]))
        if options["faults"]:
            seed = secrets.randbelow(10_000) if options["seed"] is None else options["seed"]
            sandbox.fault_plan = FaultPlan(seed, options["faults"])
            sandbox.fault_plan.listener = lambda spoilt: self.stdout.write(f"Fault {spoilt}")
        return sandbox

    def try_to_save(self, sandbox: Sandbox, name: str) -> None:
        """Write the state down once: later, a call would be lost to say that it is impossible.

        Raises:
            CommandError: the file cannot be written.
        """
        try:
            sandbox.state.save()
        except OSError as fault:
            raise CommandError(
                f"{name} cannot be written: {fault.strerror}. Name a file in another directory "
                "with --state, or keep everything in memory with --state none."
            ) from fault

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
        webhooks = self.webhook_text(server.sandbox.webhook_url)
        own = " or the site's own" if avaturn_settings.API_TOKEN else ""
        self.stdout.write(
            f"Avaturn sandbox at {server.url} (state {kept}). Put this into your settings:\n\n"
            f'    AVATURN = {{"API_URL": "{server.url}", ...}}\n\n'
            f'The API token is "{DEFAULT_TOKENS[0]}"{own}. Without one, as on the free plan:\n\n'
            f'    AVATURN = {{"PROJECT_URL": "{server.url}/iframe", ...}}\n\n'
            f"{webhooks} {self.plan_text(server.sandbox.fault_plan)}Stop with Ctrl-C."
        )
        self.stdout.flush()

    def webhook_text(self, url: str) -> str:
        """Where webhooks go. The path stays untold: the secret is in it."""
        if not url:
            return "No webhooks are sent; --webhook URL sends them."
        parts = urlsplit(url)
        return f"Webhooks go to {parts.scheme}://{parts.netloc.rpartition('@')[2]}/..."

    def plan_text(self, plan: FaultPlan | None) -> str:
        """How bad the day is, and how to have it again."""
        if plan is None:
            return ""
        return f"{plan.rate:.0%} of the calls fail; --seed {plan.seed} has the same faults again. "

    def log_webhook(self, verbosity: int, webhook: Webhook) -> None:
        """One line per webhook, or only for those that the site has not taken."""
        told = ", ".join(str(answer or "no answer") for answer in webhook.answers) or "lost"
        taken = all(200 <= answer < 300 for answer in webhook.answers)
        if verbosity >= 2 or (verbosity and not taken):
            self.stdout.write(f"Webhook {webhook.event}: {told}")

    def log(self, call: Call) -> None:
        """One short line per request; the template instead of the path hides ids and tokens."""
        self.stdout.write(f"{call.method} {call.path_template or '?'} {call.status or 'dropped'}")

    def wait(self) -> None:
        """Block until a signal ends it.

        In steps: one that comes in the instant before a pause begins does not interrupt it.
        """
        while True:
            time.sleep(0.5)


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
