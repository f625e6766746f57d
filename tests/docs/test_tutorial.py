"""docs/tutorial.rst, followed to the letter in an empty directory, to the face in the header."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.cards import face
from tests.docs import shell
from tests.docs.samples import samples
from tests.example.test_demo import free_port

PAGE = "docs/tutorial.rst"
BLOCKS = samples(PAGE)
INTERACTIVE = {"createsuperuser": ["--noinput", "--username", "boss", "--email", ""]}
"""What asks a person, and how not to be asked."""
READY = {"avaturn_sandbox": "/_sandbox/state", "runserver": "/accounts/login/"}
"""Servers, and what they answer once they are there."""
SHELLS_OWN = {"cd", "mkdir", "source"}
PASSWORD = "correct-horse-9"


class Follower:
    """Somebody who reads the page and does what it says."""

    def __init__(self, directory: Path, servers: ExitStack) -> None:
        self.directory, self.servers = directory, servers
        self.ports = {"avaturn_sandbox": free_port(), "runserver": free_port()}
        self.done: list[str] = []
        mine = ("AVATURN_", "DJANGO_", "COVERAGE_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(mine)},
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        }

    def address(self, server: str, path: str = "") -> str:
        """Of a server that is not at its usual port here."""
        return f"http://127.0.0.1:{self.ports[server]}{path}"

    def follow(self, sample) -> None:
        """Write a file, or give the commands."""
        if sample.language == "shell":
            for line in sample.body.splitlines():
                for command in line.split("&&"):
                    self.give(shlex.split(command))
        else:
            self.write(sample)

    def write(self, sample) -> None:
        """The caption says where to, and whether the file goes on there."""
        name, *note = sample.caption.split(" ", 1)
        assert note in ([], ["(at the end)"]), sample.caption
        file = self.directory / name
        assert not note or file.is_file(), f"{name} is not there yet"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = sample.body.replace("http://127.0.0.1:9100", self.address("avaturn_sandbox"))
        with file.open("a" if note else "w", encoding="utf-8") as target:
            target.write(text)

    def give(self, words: list[str]) -> None:
        """A command. What would install is but checked: the tests' environment has it already."""
        if words[:1] == ["mkdir"]:
            (self.directory / words[1]).mkdir()
        elif words[:1] == ["cd"]:
            self.directory = self.directory / words[1]
        elif words[:1] == ["source"] or words[:2] == ["python", "-m"]:
            shell.check(words)
        elif words[0] == "django-admin":
            self.run("-m", "django", *words[1:])
        else:
            assert words[:2] == ["python", "manage.py"], words
            self.manage(*words[2:])
        self.done.append(shlex.join(words))

    def manage(self, name: str, *rest: str) -> None:
        """A management command, which may be a server."""
        if name in READY:
            port = str(self.ports[name])
            own = ["--noreload", port] if name == "runserver" else ["--port", port]
            self.servers.enter_context(self.serving(name, *rest, *own))
        else:
            self.run("manage.py", name, *INTERACTIVE.get(name, []), *rest)

    def run(self, *arguments: str) -> None:
        """To its end, which must be a good one."""
        command = [sys.executable, *arguments]
        told = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True
        )
        assert told.returncode == 0, f"{arguments}\n{told.stdout}\n{told.stderr}"

    @contextmanager
    def serving(self, name: str, *rest: str):
        """A server, once it answers."""
        log = self.directory.parent / f"{name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", name, *rest],
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait(process, self.address(name, READY[name]), log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)

    def _wait(self, process, address: str, log: Path) -> None:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(requests.ConnectionError):
                assert requests.get(address, timeout=20).status_code == 200, log.read_text()
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
        pytest.fail(f"{address} does not answer:\n{log.read_text()}")


class Member:
    """A browser, as far as it can be had without one."""

    def __init__(self, site: str, name: str) -> None:
        self.site, self.browser = site, requests.Session()
        self.get("/accounts/sign-up/")
        fields = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
        self.page = self.post("/accounts/sign-up/", data=fields).text

    def get(self, path: str) -> str:
        """A page."""
        answer = self.browser.get(f"{self.site}{path}", timeout=20)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def post(self, path: str, **content):
        """With the CSRF token, as scripts send it."""
        headers = {"X-CSRFToken": self.browser.cookies["csrftoken"]}
        answer = self.browser.post(f"{self.site}{path}", headers=headers, timeout=20, **content)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer


def make_avatar(follower: Follower, member: Member) -> None:
    """What the editor's page does when somebody presses Next, and then the picture."""
    session = member.post("/avatar/sessions/", json={}).json()
    (token,) = parse_qs(urlsplit(session["url"]).query)["token"]
    editor = follower.address("avaturn_sandbox", "/editor/avatars")
    bearer = {"Authorization": f"Bearer {token}"}
    made = requests.post(editor, json={"body": "body_1"}, headers=bearer, timeout=20).json()
    saved = f"{editor}/{made['id']}/export"
    result = requests.post(saved, json={"look": {}}, headers=bearer, timeout=20).json()
    avatar = f"/avatar/avatars/{made['id']}/"
    model = member.post(f"{avatar}exports/", json=result).json()["model"]
    asked = 1
    while model["state"] != "ready":  # the page, too, asks until the model is there
        assert (asked := asked + 1) < 60, model
        time.sleep(0.25)
        model = json.loads(member.get(avatar))["model"]
    picture = {"image": ("face.png", face(), "image/png")}
    member.post(f"{avatar}renders/", data={"version": model["version"]}, files=picture)


def test_the_tutorial_leads_to_faces_in_the_header(tmp_path):
    with ExitStack() as servers:
        follower = Follower(tmp_path, servers)
        for sample in BLOCKS:
            follower.follow(sample)
        site = follower.address("runserver")
        ann = Member(site, "ann")
        assert "<avaturn-editor" in ann.page
        assert "<img" not in ann.page
        make_avatar(follower, ann)
        assert re.search(r"<avaturn-portrait.*?<img", ann.get("/"), re.DOTALL)
        bob = Member(site, "bob")
        assert len(re.findall(r"<img", bob.get("/members/"))) == 1
        assert "python manage.py test" in follower.done
        assert list((follower.directory / "media").rglob("*.glb"))
