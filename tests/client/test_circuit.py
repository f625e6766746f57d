"""A circuit hears of every call to the API, may forbid it, and of nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from django_avaturn.exceptions import AvaturnError, AvaturnTimeout, AvaturnUnavailable

from .calls import CALLS, NAMED, SECRETS, Call
from .server import Answer, Server

ASKING = [call for call in CALLS if not call.upload]


class Listening:
    """Notes down each call and how it ended; forbids it where there is a refusal."""

    def __init__(self, refusal: AvaturnError | None = None) -> None:
        self.refusal = refusal
        self.heard: list[tuple[str, str, type | None]] = []

    @contextmanager
    def call(self, method: str, path: str) -> Iterator[None]:
        if self.refusal:
            raise self.refusal
        try:
            yield
        except AvaturnError as error:
            self.heard.append((method, path, type(error)))
            raise
        self.heard.append((method, path, None))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_every_call_to_the_api_and_no_upload(call: Call, server: Server, connect: Any) -> None:
    circuit = Listening()
    server.answers(Answer(call.status, call.answer))
    call.make(connect(circuit=circuit))
    assert len(circuit.heard) == (0 if call.upload else 1)
    for method, path, error in circuit.heard:
        assert (method, error) == (call.method, None)
        assert path.count("/") == call.path.count("/")
        assert not any(secret in path for secret in SECRETS)


@pytest.mark.parametrize("call", ASKING, ids=lambda call: call.name)
def test_forbidden_call_is_not_sent(call: Call, server: Server, connect: Any) -> None:
    refusal = AvaturnUnavailable("Not now.")
    with pytest.raises(AvaturnUnavailable) as caught:
        call.make(connect(circuit=Listening(refusal)))
    assert caught.value is refusal
    assert server.connections == 0


ENDS = {
    "503": (Answer(503), AvaturnUnavailable),
    "dropped": (Answer(fault="drop"), AvaturnUnavailable),
    "late": (Answer(delay=60), AvaturnTimeout),
    "nonsense": (Answer(200, {"id": 7}), AvaturnUnavailable),
    "no JSON": (Answer(200, b"<html>"), AvaturnUnavailable),
}


@pytest.mark.parametrize("end", ENDS)
def test_failures_are_heard_once(end: str, server: Server, connect: Any) -> None:
    """However often the client repeats the request by itself; nonsense is a failure as well."""
    answer, kind = ENDS[end]
    circuit = Listening()
    server.answers(answer)
    with pytest.raises(kind) as caught:
        NAMED["list"].make(connect(circuit=circuit, timeout=0.3, max_retries=1))
    assert [heard[2] for heard in circuit.heard] == [kind]
    assert caught.value.asked is True
    assert caught.value.retry_after is None


@contextmanager
def refusing() -> Iterator[str]:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def deaf() -> Iterator[str]:
    """A machine that does not even take connections: its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def nameless() -> Iterator[str]:
    """A name that is reserved for not being there."""
    yield "http://avaturn.invalid"


@pytest.mark.parametrize(
    ("place", "kind"),
    [(refusing, AvaturnUnavailable), (deaf, AvaturnTimeout), (nameless, AvaturnUnavailable)],
)
@pytest.mark.parametrize("name", ["user", "list"])
def test_without_a_connection_nothing_was_asked(
    name: str, place: Any, kind: type, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    circuit = Listening()
    with place() as url, pytest.raises(kind) as caught:
        NAMED[name].make(connect(base_url=url, timeout=0.3, max_retries=1, circuit=circuit))
    assert [heard[2] for heard in circuit.heard] == [kind]
    assert caught.value.asked is False
