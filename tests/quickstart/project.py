"""A Django project as its owner has it: own interpreter, ``startproject``, the wheel."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PASSWORD = "quick-start-4711"
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)")

# What the README leaves to the reader: a place for templates, and a page behind a log-in.
OWN_SETTINGS = """
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
LOGIN_URL = "admin:login"
"""
OWN_URLS = """
from django.contrib.auth.decorators import login_required
from django.views.generic import TemplateView

urlpatterns += [path("", login_required(TemplateView.as_view(template_name="page.html")))]
"""
OWN_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>My page</title></head>
<body>
{snippet}</body>
</html>
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


class Project:
    """A project fresh from ``startproject``, and the environment that it runs in."""

    def __init__(self, directory: Path, wheel: Path) -> None:
        self.directory = directory / "mysite"
        self.python = directory / "venv" / "bin" / "python"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(
                ("AVATURN_", "DJANGO_", "PYTHON", "COVERAGE_", "TOX_", "VIRTUAL")
            )
        }
        venv.create(directory / "venv", with_pip=True)
        self._run(directory, "-m", "pip", "install", "--quiet", str(wheel))
        self._run(directory, "-m", "django", "startproject", "mysite")

    def _run(self, directory: Path, *arguments: str) -> str:
        command = [str(self.python), *arguments]
        result = subprocess.run(
            command, cwd=directory, env=self.environment, capture_output=True, text=True
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end and return what it prints."""
        return self._run(self.directory, "manage.py", *arguments)

    def follow(self, blocks: dict[str, str]) -> int:
        """Do what the quick start says and return the port that the sandbox is expected at.

        The settings may name the sandbox's address; where they do not, the environment does.
        """
        self._append("mysite/settings.py", OWN_SETTINGS + "\n" + blocks["settings"])
        self._append("mysite/urls.py", "\n" + blocks["urls"] + OWN_URLS)
        snippet = blocks["template"]
        page = snippet if "<html" in snippet else OWN_PAGE.format(snippet=snippet)
        templates = self.directory / "templates"
        templates.mkdir()
        (templates / "page.html").write_text(page, "utf-8")
        if named := LOOPBACK.search(blocks["settings"]):
            return int(named[1])
        port = free_port()
        self.environment["AVATURN_API_URL"] = f"http://127.0.0.1:{port}"
        return port

    def _append(self, name: str, text: str) -> None:
        with (self.directory / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def add_user(self, name: str) -> None:
        """Make a user who can log in, at the admin's log-in page."""
        self.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
        self.manage("createsuperuser", "--noinput", "--username", name, "--email", "a@example.com")

    @contextmanager
    def serving(self, port: int, *arguments: str) -> Iterator[Path]:
        """Keep a management command running that listens on ``port``; yield its log."""
        assert not answers(port), f"something else listens on port {port}"
        log = self.directory / f"{arguments[0]}.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [str(self.python), "manage.py", *arguments],
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for_port(port, process, log)
            yield log
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the process listens; fail with its log if it ends or takes too long."""
    deadline = time.monotonic() + 30
    ended = False
    while not answers(port):
        alive = not ended and time.monotonic() < deadline
        assert alive, f"{process.args!r} does not listen on port {port}:\n{log.read_text('utf-8')}"
        with suppress(subprocess.TimeoutExpired):
            ended = process.wait(timeout=0.1) is not None


def wheel_of_tox() -> Path | None:
    """Return the wheel that tox has built for this environment, if tox runs this."""
    names = [name for name in os.environ.get("TOX_PACKAGE", "").split(os.pathsep) if name]
    return Path(names[0]) if names and sys.platform != "win32" else None
