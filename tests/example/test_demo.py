"""``manage.py demo`` as a process of its own: it comes up, works, and ends cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from queue import Empty, Queue

import pytest
import requests

from django_avaturn.client.discretion import quietly

from .conftest import PROJECT

DEADLINE = 60  # seconds
KEYS = ("API_TOKEN", "PROJECT_URL", "PLAN", "ALLOW_GUESTS", "CONSENT_VERSION")
AVATURN = tuple(f"AVATURN_{key}" for key in KEYS)


class Demo:
    """The running command and what it has printed so far."""

    def __init__(self, process):
        self.process = process
        self.output = ""
        self._lines = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, text):
        """Read on until ``text`` appears, or with None until the output ends."""
        while text is None or text not in self.output:
            try:
                line = self._lines.get(timeout=DEADLINE)
            except Empty:
                pytest.fail(f"Waited in vain for {text!r} in:\n{self.output}")
            if line is None:
                assert text is None, self.output
                return
            self.output += line

    def address(self, name):
        return re.search(rf"{name} +(\S+)", self.output)[1]

    def end(self, how):
        """Ask it to end; twice, as a terminal and the tool in between may both pass it on."""
        self.process.send_signal(how)
        self.process.send_signal(how)
        self.wait_for(None)
        return self.process.wait(DEADLINE)


@contextmanager
def running_demo(folder, *arguments, **environment):
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "example.settings",
        "DEBUG": "True",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "SANDBOX_STATE": str(folder / "sandbox.json"),
        "MEDIA_ROOT": str(folder / "media"),
        **dict.fromkeys(AVATURN, ""),
        **environment,
    }
    command = [sys.executable, "-u", str(PROJECT / "manage.py"), "demo", *arguments]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield Demo(process)
        finally:
            process.kill()


@contextmanager
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def free_port():
    with taken_port() as port:
        return port


def is_free(address):
    port = int(re.search(r":(\d+)", address.removeprefix("http://"))[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def log_in(site, name):
    browser = requests.Session()
    browser.get(f"{site}log-in/", timeout=DEADLINE).raise_for_status()
    form = {"username": name, "password": name, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    page = browser.post(f"{site}log-in/", form, timeout=DEADLINE)
    assert page.url == f"{site}profile/" and f"Hello, {name}" in page.text
    return browser


def open_editor(browser, site):
    token = {"X-CSRFToken": browser.cookies["csrftoken"]}
    answer = browser.post(f"{site}avatar/sessions/", json={}, headers=token, timeout=DEADLINE)
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_works_and_ends_cleanly(tmp_path, how):
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports) as demo:
        demo.wait_for("Stop with Ctrl-C")
        site, sandbox = demo.address("Site"), demo.address("Avaturn")

        assert requests.get(f"{site}static/example/site.css", timeout=DEADLINE).ok
        assert (
            "avaturn-editor" in log_in(site, "demo").get(f"{site}profile/", timeout=DEADLINE).text
        )
        link = open_editor(log_in(site, "demo"), site)
        assert link.startswith(f"{sandbox}/")
        with quietly():  # as whoever uses a link has to be
            assert requests.get(link, timeout=DEADLINE).ok
        assert log_in(site, "admin").get(f"{site}admin/", timeout=DEADLINE).url == f"{site}admin/"

        assert demo.end(how) == 0
        assert "Traceback" not in demo.output
        assert "The demo has ended." in demo.output
        assert is_free(site) and is_free(sandbox)


def test_taken_ports_are_told_and_gone_round(tmp_path):
    with taken_port() as port, taken_port() as sandbox_port:
        ports = ("--port", port, "--sandbox-port", sandbox_port)
        with running_demo(tmp_path, *ports) as demo:
            demo.wait_for("Stop with Ctrl-C")
            site, sandbox = demo.address("Site"), demo.address("Avaturn")
            assert f":{port}/" not in site and f":{sandbox_port}" not in sandbox
            assert f"Port {port} is taken" in demo.output

            browser = log_in(site, "demo")
            assert open_editor(browser, site).startswith(f"{sandbox}/")
            policy = browser.get(site, timeout=DEADLINE).headers.get("Content-Security-Policy")
            assert policy is None or f"frame-src {sandbox};" in policy
            assert demo.end(signal.SIGINT) == 0


def test_without_debug_it_refuses(tmp_path):
    environment = {"DEBUG": "False", "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "localhost"}
    with running_demo(tmp_path, **environment) as demo:
        demo.wait_for(None)
        assert demo.process.wait(DEADLINE) == 1
    assert "DEBUG=True" in demo.output and "Traceback" not in demo.output


def test_a_real_token_leaves_the_sandbox_out(tmp_path):
    environment = {"AVATURN_API_TOKEN": "not-a-real-token"}
    with running_demo(tmp_path, "--port", free_port(), **environment) as demo:
        demo.wait_for("Stop with Ctrl-C")
        assert "the real service" in demo.output and "not-a-real-token" not in demo.output
        page = requests.get(demo.address("Site"), timeout=DEADLINE)
        assert "no real Avaturn account" not in page.text
        policy = page.headers.get("Content-Security-Policy")
        assert policy is None or "frame-src https://*.avaturn.dev;" in policy
        assert demo.end(signal.SIGTERM) == 0


def editor_of(site):
    """What a visitor gets to open."""
    browser = requests.Session()
    page = browser.get(f"{site}try/", timeout=DEADLINE)
    return page, open_editor(browser, site) if page.url == f"{site}try/" else ""


def test_visitors_may_try_it_unless_told_otherwise(tmp_path):
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports) as demo:
        demo.wait_for("Stop with Ctrl-C")
        page, link = editor_of(demo.address("Site"))
        assert page.ok and link.startswith(f"{demo.address('Avaturn')}/editor?")
    for arguments, environment in (("--no-guests",), {}), ((), {"AVATURN_ALLOW_GUESTS": "off"}):
        with running_demo(tmp_path, *ports, *arguments, **environment) as demo:
            demo.wait_for("Stop with Ctrl-C")
            page, _ = editor_of(demo.address("Site"))
            assert page.url == f"{demo.address('Site')}sign-up/"


def test_consent_can_be_asked_for(tmp_path):
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports, "--consent") as demo:
        demo.wait_for("Stop with Ctrl-C")
        site = demo.address("Site")
        browser = log_in(site, "demo")
        token = {"X-CSRFToken": browser.cookies["csrftoken"]}
        for asked, status in (({}, 403), ({"consent": "1"}, 201), ({}, 201)):
            answer = browser.post(
                f"{site}avatar/sessions/", json=asked, headers=token, timeout=DEADLINE
            )
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize("how", ["--free-plan", "AVATURN_PLAN"])
def test_the_free_plan_has_a_project_and_no_api(tmp_path, how):
    arguments, environment = ((how,), {}) if how.startswith("-") else ((), {how: "free"})
    ports = ("--port", free_port(), "--sandbox-port", free_port())
    with running_demo(tmp_path, *ports, *arguments, **environment) as demo:
        demo.wait_for("Stop with Ctrl-C")
        project = demo.address("Avaturn")
        page, link = editor_of(demo.address("Site"))
        assert link == project and project.endswith("/iframe")
        assert requests.get(project, timeout=DEADLINE).ok
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
        policy = page.headers.get("Content-Security-Policy")
        assert policy is None or f"frame-src {project.removesuffix('/iframe')};" in policy
        assert "free plan" in page.text and "no real Avaturn account" in page.text
        assert demo.end(signal.SIGTERM) == 0


def test_a_real_project_leaves_the_sandbox_out(tmp_path):
    environment = {"AVATURN_PROJECT_URL": "https://mine.avaturn.dev"}
    with running_demo(tmp_path, "--port", free_port(), **environment) as demo:
        demo.wait_for("Stop with Ctrl-C")
        assert demo.address("Avaturn") == "https://mine.avaturn.dev"
        page, link = editor_of(demo.address("Site"))
        assert link == "https://mine.avaturn.dev"
        assert "free plan" in page.text and "no real Avaturn account" not in page.text
        policy = page.headers.get("Content-Security-Policy")
        assert policy is None or "frame-src https://mine.avaturn.dev;" in policy


def test_a_token_and_the_free_plan_exclude_each_other(tmp_path):
    with running_demo(tmp_path, "--free-plan", AVATURN_API_TOKEN="not-a-real-token") as demo:
        demo.wait_for(None)
        assert demo.process.wait(DEADLINE) == 1
    assert "leave AVATURN_API_TOKEN out" in demo.output and "Traceback" not in demo.output
