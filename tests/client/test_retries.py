"""How often a call is sent, and how long it may take."""

from __future__ import annotations

import logging
import socket
from time import monotonic
from typing import Any

import pytest
from urllib3 import HTTPResponse

from django_avaturn.client import AvaturnClient
from django_avaturn.client.network import current
from django_avaturn.client.transport import pooled_session
from django_avaturn.exceptions import AvaturnError, AvaturnTimeout, AvaturnUnavailable

from .calls import CALLS, NAMED, TOKEN, Call
from .server import Answer, Server

REPEATABLE = [call.name for call in CALLS if call.repeatable]
ONCE = [call.name for call in CALLS if not call.repeatable]
LIMIT = 0.2
SOON = 5.0
"""Seconds: on the busiest machine more than any limit here, and far less than a broken one."""


def attempts(server: Server, api: AvaturnClient, name: str, *answers: Answer) -> int:
    """How many requests a call makes that fails with these answers."""
    server.answers(*answers)
    with pytest.raises(AvaturnError):
        NAMED[name].make(api)
    return len(server.requests)


FAULTS = {
    "500": Answer(500),
    "502": Answer(502),
    "503": Answer(503),
    "504": Answer(504),
    "drop": Answer(fault="drop"),
    "cut": Answer(200, {"id": "x" * 1000}, fault="cut"),
    "404": Answer(404),
    "409": Answer(409),
    "429": Answer(429),
    "429 with Retry-After": Answer(429, headers={"Retry-After": "1"}),
    "502 with Retry-After": Answer(502, headers={"Retry-After": "1"}),
    "503 with Retry-After": Answer(503, headers={"Retry-After": "1"}),
    "503 with a date": Answer(503, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", REPEATABLE)
def test_get_put_and_delete(server: Server, connect: Any, name: str, fault: str) -> None:
    repeated = fault in {"502", "503", "504", "drop"}
    assert attempts(server, connect(max_retries=1), name, FAULTS[fault]) == 1 + repeated


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ONCE)
def test_post_is_sent_once(server: Server, connect: Any, name: str, fault: str) -> None:
    """A second users/new would make a second user."""
    assert attempts(server, connect(max_retries=2), name, FAULTS[fault]) == 1


@pytest.mark.parametrize("max_retries", [0, 1, 2])
@pytest.mark.parametrize("fault", ["502", "drop"])
def test_max_retries(server: Server, connect: Any, fault: str, max_retries: int) -> None:
    client = connect(max_retries=max_retries)
    assert attempts(server, client, "list", FAULTS[fault]) == 1 + max_retries


@pytest.mark.parametrize("fault", ["502", "drop"])
@pytest.mark.parametrize("name", REPEATABLE)
def test_a_repeat_may_succeed(server: Server, connect: Any, name: str, fault: str) -> None:
    call = NAMED[name]
    server.answers(FAULTS[fault], Answer(call.status, call.answer))
    call.make(connect(max_retries=1))
    assert len(server.requests) == 2
    assert {(sent.method, sent.path, sent.body) for sent in server.requests} == {
        (call.method, call.path, server.requests[0].body)
    }


@pytest.mark.parametrize("name", ["user", "list"])
@pytest.mark.parametrize("max_retries", [0, 2])
def test_a_refused_connection_may_be_repeated(
    name: str, max_retries: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing was sent, so nothing can happen twice."""
    caplog.set_level(logging.DEBUG, "urllib3")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = AvaturnClient(TOKEN, base_url=f"http://127.0.0.1:{port}", max_retries=max_retries)

    with pytest.raises(AvaturnUnavailable, match="NewConnectionError") as caught:
        NAMED[name].make(client)

    assert caught.value.status is None
    tried = [record for record in caplog.records if "Starting new HTTP" in record.message]
    assert len(tried) == 1 + max_retries


@pytest.mark.parametrize("name", ["user", "list"])
def test_a_tls_failure_is_not_repeated(server: Server, connect: Any, name: str) -> None:
    """It can come after the request was sent, and it does not go away by itself."""
    client = connect(base_url=server.url.replace("http:", "https:"), max_retries=2)
    with pytest.raises(AvaturnUnavailable, match="SSLError"):
        NAMED[name].make(client)
    assert server.connections == 1


def elapsed(call: Call, client: AvaturnClient) -> float:
    """Seconds until the call gives up."""
    start = monotonic()
    with pytest.raises(AvaturnTimeout) as caught:
        call.make(client)
    assert caught.value.method == call.method
    return monotonic() - start


SLOW = {
    "no answer": Answer(delay=60),
    "half the headers": Answer(fault="head"),
    "byte by byte": Answer(200, b" " * 500, fault="drip"),
    "error byte by byte": Answer(500, b" " * 500, fault="drip"),
}


@pytest.mark.parametrize("slow", SLOW)
@pytest.mark.parametrize("name", ["user", "list", "upload"])
def test_the_time_limit_is_for_all(server: Server, connect: Any, name: str, slow: str) -> None:
    server.answers(SLOW[slow])
    client = connect(timeout=LIMIT, max_retries=2)

    assert LIMIT * 0.9 < elapsed(NAMED[name], client) < SOON

    assert len(server.requests) == 1


def test_repeats_share_the_time_limit(server: Server, connect: Any) -> None:
    """The second attempt gets what the first left over, not all of it again."""
    server.answers(Answer(502, delay=3), Answer(delay=60))
    assert elapsed(NAMED["list"], connect(timeout=4.0, max_retries=9)) < 6
    assert len(server.requests) == 2


def test_pauses_between_repeats_share_it_too(server: Server, connect: Any) -> None:
    server.answers(Answer(503))
    start = monotonic()
    with pytest.raises(AvaturnError):
        NAMED["list"].make(connect(timeout=1.0, max_retries=99))
    assert monotonic() - start < SOON
    assert 2 <= len(server.requests) <= 12


def test_no_pause_is_long() -> None:
    """A caller is waiting: half a second at the most, however many repeats there are."""
    retry = pooled_session(20, current()).get_adapter("https://").max_retries
    for _ in range(20):
        retry = retry.increment("GET", "/", response=HTTPResponse(status=503))
        assert retry.get_backoff_time() <= 0.5


def test_a_pair_of_limits_adds_up(server: Server, connect: Any) -> None:
    """(connect, read): no packet later than the second, the whole no later than both."""
    server.answers(Answer(200, b" " * 500, fault="drip"))
    assert 0.35 < elapsed(NAMED["list"], connect(timeout=(0.2, 0.2))) < SOON

    server.answers(Answer(delay=60))
    assert 0.15 < elapsed(NAMED["list"], connect(timeout=(30.0, 0.2))) < SOON


def test_after_a_time_out_the_connection_is_not_used_again(server: Server, connect: Any) -> None:
    """Else the late answer would be taken for the next call's."""
    late = [{"id": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e", "status": "late"}]
    server.answers(Answer(200, late, delay=0.3), Answer(200, []))
    client = connect(timeout=0.2)
    with pytest.raises(AvaturnTimeout):
        NAMED["list"].make(client)

    assert connect().list_avatars("u") == []
    assert server.connections == 2
