"""Chromium for measuring, a host for the editor's frame, and static files under hashed names."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.chromium import ARGUMENTS, PROGRAMS

from .load import Headers

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. The thread that holds it cannot use the database meanwhile."""
    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, address: str, headers: Headers) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere, with somebody logged in at ``address``."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    pairs = (pair.split("=", 1) for pair in headers["Cookie"].split("; "))
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in pairs])
    yield context
    context.close()


class Frame(BaseHTTPRequestHandler):
    """The editor's document, without an editor. The page may see when it came."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The same for every link."""
        body = b"<!doctype html><title>Editor</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Timing-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def editor_host() -> Iterator[int]:
    """The port of one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Frame) as host:
        Thread(target=host.serve_forever, daemon=True).start()
        yield host.server_port
        host.shutdown()


@contextmanager
def collected() -> Iterator[str]:
    """A folder with all static files but those of the admin."""
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(STORAGES=STORAGES, STATIC_ROOT=folder),
    ):
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["admin"])
        yield folder
