"""Whose messages count: the own frame's, from the exact origin, and nobody else's."""

from __future__ import annotations

import pytest

from django_avaturn.models import Avatar
from django_avaturn.sandbox import Sandbox, SandboxServer
from tests.browser.test_editor import open_page, state
from tests.conftest import TOKEN

SHAKE = """{type: "RESPONSE", source: "v1.avaturn-sdk-server", key: "sdk_handshake", isOk: true}"""
EXPORT = """{type: "MESSAGE", source: "v1.avaturn-sdk-server", eventName: "callback_event",
             key: "export", data: {avatarId: "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e",
             url: "data:,", urlType: "dataURL"}}"""
ODD = ["null", "undefined", "''", "7", "[]", "({})", "{source: 'v1.avaturn-sdk-server'}"]


@pytest.fixture
def stranger():
    """A third origin with a page that anybody may frame."""
    with SandboxServer(Sandbox(tokens=[TOKEN])) as server:
        yield server


def forge(page, stranger, messages):
    """Post messages to the page from a frame of another origin, and wait until they are in."""
    page.evaluate(
        """([url]) => new Promise(done => {
            const frame = document.createElement("iframe");
            frame.name = "stranger"; frame.src = url; frame.onload = done;
            document.body.append(frame);
        })""",
        [f"{stranger.url}/"],
    )
    page.evaluate("window.came = 0; addEventListener('message', () => came++)")
    other = page.frame("stranger")
    for message in messages:
        other.evaluate(f"parent.postMessage({message}, '*')")
    page.wait_for_function(f"came >= {len(messages)}")


def test_forged_handshake_does_not_open_the_editor(visitor, live_server, sandbox, stranger, events):
    sandbox.scenario = "silent"
    open_page(visitor, live_server)
    visitor.wait_for_selector("iframe.avaturn-frame", state="attached")
    forge(visitor, stranger, [SHAKE, EXPORT])
    visitor.evaluate(f"postMessage({SHAKE}, '*')")
    state(visitor, "opening")
    assert events() == []


@pytest.mark.parametrize("message", [EXPORT, *ODD])
def test_forged_messages_do_nothing(visitor, live_server, sandbox, stranger, events, message):
    errors = []
    visitor.on("pageerror", lambda error: errors.append(error))
    open_page(visitor, live_server)
    state(visitor, "ready")
    sandbox.calls.clear()
    forge(visitor, stranger, [message])
    visitor.evaluate(
        f"new Promise(done => {{ addEventListener('message', done); postMessage({message}, '*') }})"
    )
    state(visitor, "ready")
    assert events() == ["ready"]
    assert not errors
    assert not Avatar.objects.exists()
    assert "listUserAvatars" not in [call.operation for call in sandbox.calls]


def test_own_frame_counts_only_from_the_origin_of_the_link(
    visitor, live_server, sandbox, stranger, events
):
    """The frame is taken elsewhere: what comes out of it then is not the editor's."""
    open_page(visitor, live_server)
    state(visitor, "ready")
    visitor.evaluate("window.came = 0; addEventListener('message', () => came++)")
    own = next(one for one in visitor.frames if one.parent_frame)
    own.goto(f"{stranger.url}/")
    own.evaluate(f"parent.postMessage({EXPORT}, '*')")
    visitor.wait_for_function("came > 0")
    assert events() == ["ready"]


def test_null_message_out_of_the_own_frame(visitor, live_server, sandbox, events):
    errors = []
    visitor.on("pageerror", lambda error: errors.append(error))
    open_page(visitor, live_server)
    state(visitor, "ready")
    visitor.evaluate("window.came = 0; addEventListener('message', () => came++)")
    own = next(one for one in visitor.frames if one.parent_frame)
    own.evaluate("parent.postMessage(null, '*')")
    visitor.wait_for_function("came > 0")
    assert not errors
    assert events() == ["ready"]
