"""The site under uvicorn: pages, views of its own that are asynchronous, many at once."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zipfile import ZipFile

import pytest
import requests
import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.handlers.asgi import ASGIHandler
from django.test import Client

from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar
from tests.ecosystem.editing import make_avatar

TOKEN = "a" * 32
MANY = 8


class Gate(AvaturnHooks):
    """Holds sessions back until the test lets them pass."""

    reached = threading.Event()
    opened = threading.Event()

    def may_open_session(self, user: Any) -> bool:
        Gate.reached.set()
        return Gate.opened.wait(30)


@pytest.fixture
def address(site: Any) -> Iterator[str]:
    """Where uvicorn serves the site, in a thread of this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    application = ASGIStaticFilesHandler(ASGIHandler())
    config = uvicorn.Config(application, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=30)
    listener.close()
    assert not thread.is_alive()


Send = Callable[[str, str], requests.Response]


@pytest.fixture
def browser_of(address: str) -> Callable[[Any], Send]:
    """Sends requests as a browser that this user has logged in with."""

    def log_in(user: Any) -> Send:
        client = Client()
        client.force_login(user)
        cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": TOKEN}
        headers = {"X-CSRFToken": TOKEN, "Connection": "close"}
        given = {"cookies": cookies, "headers": headers, "timeout": 30}
        return lambda method, path: requests.request(method, address + path, **given)

    return log_in


def test_first_requests_at_once_make_one_remote_user(browser_of, ann, sandbox):
    send = browser_of(ann)
    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda _: send("POST", "/async/session/"), range(MANY)))
    assert [answer.status_code for answer in answers] == [201] * MANY
    assert len({answer.json()["url"] for answer in answers}) == MANY
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert sandbox.count("createUser") == 1
    assert sandbox.count("createSession") == MANY


@pytest.mark.parametrize("path", ["/async/session/", "/avatar/sessions/"])
def test_one_that_waits_holds_up_nobody(browser_of, ann, bob, configure, path):
    configure(HOOKS=f"{__name__}.Gate")
    Gate.reached.clear()
    Gate.opened.clear()
    hers, his = browser_of(ann), browser_of(bob)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(hers, "POST", path)
        try:
            assert Gate.reached.wait(30)
            assert his("GET", "/avatar/").status_code == 200
            assert his("GET", "/avatar/avatars/").json()["results"] == []
            assert not waiting.done()
        finally:
            Gate.opened.set()
        assert waiting.result().status_code == 201


def test_files_go_out_piece_by_piece(browser_of, ann, bob, stored):
    avatar = stored(ann)
    path = f"/async/models/{avatar.pk}/"
    answer = browser_of(ann)("GET", path)
    with avatar.model.file.open() as file:
        assert answer.content == file.read()
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert browser_of(bob)("GET", path).status_code == 404


def test_personal_data_are_streamed(browser_of, ann, stored):
    avatar = stored(ann)
    archive = ZipFile(io.BytesIO(browser_of(ann)("GET", "/async/data/").content))
    data = json.loads(archive.read("data.json"))
    assert [one["id"] for one in data["avatars"]] == [str(avatar.pk)]
    assert len(archive.namelist()) == 4


def test_editor_in_the_browser(address, quiet_page, context, client, ann, without_pictures):
    client.force_login(ann)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": address}])
    quiet_page.goto(f"{address}/me/")
    make_avatar(quiet_page)
    quiet_page.locator(".avaturn-card").get_by_text("Delete", exact=True).click()
    quiet_page.get_by_role("button", name="Delete for good").click()
    quiet_page.get_by_text("The avatar is deleted.").wait_for()
    assert not Avatar.objects.exists()
