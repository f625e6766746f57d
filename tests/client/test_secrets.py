"""Token, links and bodies show up in no log, no error and no repr."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, ProtocolError

from django_avaturn.client import AvaturnClient
from django_avaturn.client.discretion import cause
from django_avaturn.exceptions import AvaturnError, AvaturnNotConfigured, AvaturnUnavailable

from .calls import BODY_SECRET, CALLS, FILE_LINK, SECRETS, SESSION_LINK, TOKEN, Call, upload
from .server import Answer, Server

ECHO = {"detail": [{"loc": ["body"], "msg": TOKEN, "input": BODY_SECRET}], "url": SESSION_LINK}
FAULTS = {
    "401": Answer(401, ECHO),
    "409": Answer(409, {"detail": BODY_SECRET}),
    "422": Answer(422, ECHO),
    "429": Answer(429, ECHO, {"Retry-After": "1"}),
    "500": Answer(500, BODY_SECRET.encode()),
    "502": Answer(502, ECHO),
    "redirect": Answer(302, ECHO, {"Location": FILE_LINK}),
    "drop": Answer(fault="drop"),
    "cut": Answer(200, ECHO, fault="cut"),
    "slow": Answer(delay=5),
    "not gzip": Answer(200, BODY_SECRET.encode(), {"Content-Encoding": "gzip"}),
}


@pytest.fixture(autouse=True)
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hear all loggers, and find no secret in what they said."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, name)
    yield
    for record in caplog.get_records("call"):
        assert_harmless(f"{record.getMessage()} {record.args!r} {record.exc_text} {vars(record)!r}")


def assert_harmless(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def everything(error: BaseException) -> str:
    """All that a log or an error page could show of an error, short of local variables."""
    seen = [(str(e), repr(e), e.args, vars(e), getattr(e, "__notes__", ())) for e in chain(error)]
    return repr(seen) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_failures(call: Call, fault: str, server: Server, connect: Any) -> None:
    server.answers(FAULTS[fault])
    client = connect(timeout=0.1 if fault == "slow" else 5.0, max_retries=1)
    try:
        call.make(client)
    except AvaturnError as error:
        assert_harmless(everything(error))
        assert list(chain(error)) == [error]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_nobody_listens(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(AvaturnUnavailable) as caught:
        call.make(AvaturnClient(TOKEN, base_url=url, max_retries=1))
    assert_harmless(everything(caught.value))
    others = [record for record in caplog.records if not record.name.startswith("django_avaturn")]
    assert bool(others) != call.upload  # the capture works
    assert [record.event for record in caplog.records if record not in others] == ["call_failed"]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_results(call: Call, server: Server, api: Any) -> None:
    server.answers(Answer(call.status, call.answer))
    result = call.make(api)
    assert_harmless(f"{result!r} {result} {api!r} {api} {api._transport!r}")


@pytest.mark.parametrize(
    "answer", [{"url": SESSION_LINK}, {"url": [SESSION_LINK], "id": TOKEN}, [SESSION_LINK]]
)
def test_answers_of_another_form(answer: Any, server: Server, api: Any) -> None:
    for call in CALLS:
        server.answers(Answer(200, answer))
        try:
            call.make(api)
        except AvaturnUnavailable as error:
            assert_harmless(everything(error))
            assert list(chain(error)) == [error]


@pytest.mark.parametrize(
    "link",
    [
        "https://[upload-secret-55e0",
        "https://up.example.com:99999999/upload-secret-55e0",
        "http://up.example.com/upload-secret-55e0",
        "https://127.0.0.1:1/upload-secret-55e0",
    ],
)
def test_upload_links(link: str, api: Any) -> None:
    with pytest.raises(AvaturnUnavailable) as caught:
        upload(api, link)
    assert_harmless(everything(caught.value))


def test_a_bad_token() -> None:
    with pytest.raises(AvaturnNotConfigured) as caught:
        AvaturnClient(f"{TOKEN}\n")
    assert_harmless(everything(caught.value))


def test_only_the_upload_is_silent(
    server: Server, api: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The site's own logging of urllib3 goes on working."""
    upload(api)
    assert not [record for record in caplog.records if record.name.startswith("urllib3")]
    server.answers(Answer(200, []))
    api.list_avatars("u")
    assert [record for record in caplog.records if record.name == "urllib3.connectionpool"]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (TimeoutError(), "TimeoutError"),
        (requests.ConnectionError(TimeoutError()), "TimeoutError"),
        (requests.ConnectionError(ProtocolError(FILE_LINK, OSError())), "ProtocolError"),
        (MaxRetryError(None, FILE_LINK, OSError(FILE_LINK)), "OSError"),  # type: ignore[arg-type]
    ],
)
def test_a_cause_is_told_by_its_name_alone(error: BaseException, name: str) -> None:
    assert cause(error) == name
