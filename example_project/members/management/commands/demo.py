"""``manage.py demo``: the whole example with one command."""

import errno
import signal
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import BaseCommand, CommandError, call_command
from django.core.servers.basehttp import (
    ThreadedWSGIServer,
    WSGIRequestHandler,
    get_internal_wsgi_application,
)
from django.urls import reverse
from example.csp import policy
from example.plans import sandboxed

from django_avaturn.conf import Settings
from django_avaturn.conf import settings as avaturn
from django_avaturn.sandbox import Sandbox, SandboxServer, draw_ahead

HOST = "127.0.0.1"
OPTIONS = ("port", "sandbox_port", "free_plan", "guests", "consent")
Server = TypeVar("Server")


class Command(BaseCommand):
    """Migrate, make two users, start the sandbox, serve the site until told to stop."""

    help = "Serve the example site and the Avaturn sandbox, with users to try it as."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ports that are tried first, the plan, who may make an avatar, and how."""
        parser.add_argument("--port", type=int, default=8000, help="port of the site")
        parser.add_argument("--sandbox-port", type=int, default=9100, help="port of the sandbox")
        parser.add_argument(
            "--free-plan",
            action="store_true",
            default=getattr(settings, "FREE_SANDBOX", False),
            help="Avaturn's plan without API: people sign in to Avaturn in the editor",
        )
        parser.add_argument(
            "--guests",
            action=BooleanOptionalAction,
            default=avaturn.ALLOW_GUESTS if Settings.ALLOW_GUESTS.is_set else True,
            help="whether visitors may make an avatar before they sign up",
        )
        parser.add_argument(
            "--consent",
            metavar="VERSION",
            nargs="?",
            const="1",
            default=avaturn.CONSENT_VERSION,
            help="ask for consent first; another version asks again",
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Run until Ctrl-C or a request to terminate; both are the normal end."""
        if not settings.DEBUG:
            raise CommandError("The demo makes users with known passwords: it needs DEBUG=True.")
        if options["free_plan"] and avaturn.API_TOKEN and not state_file():
            raise CommandError("The free plan has no API: leave AVATURN_API_TOKEN out.")
        on_signal(stop)
        try:
            with ExitStack() as servers:
                self.run(servers, **{name: options[name] for name in OPTIONS})
        except KeyboardInterrupt:
            self.say("\nThe demo has ended.")
        on_signal(signal.SIG_IGN)  # even while Python itself winds up

    def run(
        self,
        servers: ExitStack,
        *,
        port: int,
        sandbox_port: int,
        free_plan: bool,
        guests: bool,
        consent: str,
    ) -> None:
        """Start everything; each server is left to ``servers`` to stop."""
        call_command("migrate", verbosity=0, interactive=False)
        make_users()
        sandbox = Sandbox(state_file=state_file()) if state_file() else None
        if sandbox:
            server = self.bind(partial(start_sandbox, sandbox), sandbox_port, "sandbox")
            servers.callback(server.stop)
            servers.enter_context(draw_ahead())
            use_sandbox(server.url, free=free_plan)
        chosen = {"ALLOW_GUESTS": guests, "CONSENT_VERSION": consent}
        settings.AVATURN = {**settings.AVATURN, **chosen}
        site = self.bind(make_site, port, "site")
        servers.callback(site.server_close)
        address = f"http://{HOST}:{site.server_port}"
        if sandbox and avaturn.WEBHOOK_SECRETS:
            webhook = reverse("avaturn:webhook", args=avaturn.WEBHOOK_SECRETS[:1])
            sandbox.webhook_url = f"{address}{webhook}"
        self.introduce(f"{address}/", "sandbox" if sandbox else "real service")
        site.serve_forever()

    def bind(self, make: Callable[[int], Server], port: int, name: str) -> Server:
        """Make a server on ``port``, or on one of the next if that is taken."""
        for candidate in range(port, port + 20):
            try:
                return make(candidate)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise CommandError(f"The {name} cannot use port {candidate}: {error}") from None
                self.say(f"Port {candidate} is taken; the {name} tries the next one.")
        raise CommandError(f"Ports {port} to {candidate} are taken: choose another for the {name}.")

    def introduce(self, site: str, kind: str) -> None:
        """Say where everything is and how to get in."""
        plan = "without API" if avaturn.free_plan else "with API"
        rows = (
            ("Site", site, "log in as demo / demo"),
            ("Admin", f"{site}admin/", "log in as admin / admin"),
            ("Avaturn", editor_address(), f"the {kind}, plan {plan}"),
        )
        lines = "\n".join(f"    {name:<9} {address:<30} {note}" for name, address, note in rows)
        self.say(f"\n  django-avaturn demo\n\n{lines}\n\n  Stop with Ctrl-C.\n")

    def say(self, text: str) -> None:
        """Write and flush, so that whoever waits on a pipe sees it."""
        self.stdout.write(text)
        self.stdout.flush()


def on_signal(react: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Set what Ctrl-C and a request to terminate do."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, react)


def stop(signum: int, frame: FrameType | None) -> None:
    """End the demo once; further signals must not disturb the end."""
    on_signal(lambda signum, frame: None)
    raise KeyboardInterrupt


def make_users() -> None:
    """Make the member and the administrator the demo speaks of."""
    users = get_user_model()._default_manager
    if not users.filter(username="demo").exists():
        users.create_user("demo", password="demo")
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", password="admin")


def state_file() -> Path | None:
    """Where the sandbox keeps its state; None where the site uses the real service."""
    used = getattr(settings, "USE_SANDBOX", False)
    return getattr(settings, "SANDBOX_STATE", None) if used else None


def start_sandbox(sandbox: Sandbox, port: int) -> SandboxServer:
    """Serve the sandbox from a thread of its own."""
    server = SandboxServer(sandbox, host=HOST, port=port)
    server.start()
    return server


def use_sandbox(url: str, *, free: bool) -> None:
    """Point the site at the sandbox's real port: API or project, and the editor's origin."""
    settings.AVATURN = sandboxed(url, free=free)
    settings.SECURE_CSP = policy([url])


def editor_address() -> str:
    """What the site knows of Avaturn: the address of its API, or of the project's page."""
    return avaturn.PROJECT_URL if avaturn.free_plan else avaturn.API_URL


def make_site(port: int) -> ThreadedWSGIServer:
    """Bind the site with its static files; the caller serves and closes it."""
    server = ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
    server.set_app(StaticFilesHandler(get_internal_wsgi_application()))
    return server
