"""Which status becomes which error, and what an error tells."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest

from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import (
    AvaturnConflict,
    AvaturnError,
    AvaturnGone,
    AvaturnInvalid,
    AvaturnNotConfigured,
    AvaturnNotFound,
    AvaturnRejected,
    AvaturnThrottled,
    AvaturnUnauthorized,
    AvaturnUnavailable,
)

from .calls import CALLS, NAMED, USER, Call, upload
from .server import Answer, Server, running


def failure(server: Server, api: Any, answer: Answer, call: str = "user") -> AvaturnError:
    server.answers(answer)
    with pytest.raises(AvaturnError) as caught:
        NAMED[call].make(api)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, AvaturnUnavailable),
        (304, AvaturnUnavailable),
        (400, AvaturnRejected),
        (401, AvaturnUnauthorized),
        (402, AvaturnUnauthorized),
        (403, AvaturnUnauthorized),
        (404, AvaturnNotFound),
        (405, AvaturnRejected),
        (409, AvaturnConflict),
        (410, AvaturnGone),
        (413, AvaturnRejected),
        (418, AvaturnRejected),
        (422, AvaturnInvalid),
        (429, AvaturnThrottled),
        (500, AvaturnUnavailable),
        (501, AvaturnUnavailable),
        (502, AvaturnUnavailable),
        (503, AvaturnUnavailable),
        (504, AvaturnUnavailable),
        (599, AvaturnUnavailable),
    ],
)
@pytest.mark.parametrize("detail", [{"detail": "text"}, b""], ids=["json", "empty"])
def test_status(server: Server, api: Any, status: int, kind: type, detail: Any) -> None:
    error = failure(server, api, Answer(status, b"" if status == 304 else detail))

    assert type(error) is kind
    assert (error.method, error.path, error.status) == ("POST", "/api/v1/users/new", status)
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_error_names_the_call_without_its_ids(call: Call, server: Server, api: Any) -> None:
    answer = Answer(404, {"detail": "Not Found"}, {"X-Request-Id": "req-1"})
    error = failure(server, api, answer, call.name)

    assert (error.method, error.status, error.request_id) == (call.method, 404, "req-1")
    assert error.path.count("/") == call.path.count("/") or call.upload
    assert str(error).startswith(f"{call.method} {error.path}: ")
    assert str(error).endswith("(request id req-1)")
    assert USER not in str(error)
    if call.upload:
        assert error.path == "<upload link>"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"detail": [{"loc": ["body", "config", "avatar_id"]}]}, ("body.config.avatar_id",)),
        ({"detail": [{"loc": ["query", 0], "msg": "m"}, {"loc": ["path"]}]}, ("query.0", "path")),
        ({"detail": [{"msg": "no loc"}, "text", None, {"loc": "text"}]}, ()),
        ({"detail": "text"}, ()),
        ({"detail": None}, ()),
        ({}, ()),
        ([], ()),
        (None, ()),
        (b"<html>", ()),
        (b"", ()),
    ],
)
def test_detail_of_422(server: Server, api: Any, body: Any, fields: tuple[str, ...]) -> None:
    error = failure(server, api, Answer(422, body))
    assert isinstance(error, AvaturnInvalid)
    assert error.fields == fields


ONE = "018ee7a6-7b80-7c07-a9fa-d0a07bd40001"
TWO = "018ee7a6-7b80-7c07-a9fa-d0a07bd40002"
NOTHING = [
    {"detail": None},
    {"detail": 7},
    {"detail": {"text": ONE}},
    {"detail": []},
    {"detail": [None, 7, [ONE], {"loc": ["body"]}, {"msg": None}]},
    {"detail": "x" * 1_000_000 + ONE + " footwear"},
    {"detail": ["x" * 5000] * 1000 + [ONE]},
    {"detail": f"{ONE}0 x{ONE} -{ONE} {ONE[:-1]} {ONE.replace('-', '')}"},
    {"error": ONE},
    [],
    {},
    None,
    7,
    b"",
    f"<html><title>410</title>{ONE} footwear</html>".encode(),
    b"[" * 200_000,
]


@pytest.mark.parametrize(
    ("detail", "asset", "slot"),
    [
        (f"Asset {ONE} added to wrong placement - footwear", ONE, "footwear"),
        (f"Asset {ONE.upper()} added to wrong placement - eyewear", ONE, "eyewear"),
        (f"Asset {ONE} of footwear added to wrong placement - clothing.", ONE, "clothing"),
        ([f"Asset {ONE} added to wrong placement - eyewear"], ONE, "eyewear"),
        ([{"loc": [], "msg": f"Asset {ONE}: not hair_and_headwear"}], ONE, "hair_and_headwear"),
        (f"Asset {ONE} added to wrong placement - gloves", ONE, ""),
        ("added to wrong placement - footwear", None, "footwear"),
        (f"footwears {ONE}", ONE, ""),
    ],
)
def test_detail_of_409(server: Server, api: Any, detail: Any, asset: Any, slot: str) -> None:
    for body in ({"detail": detail}, detail):  # how it is wrapped is not documented
        error = failure(server, api, Answer(409, body), "set-customization")
        assert isinstance(error, AvaturnConflict)
        assert (error.asset_id, error.slot) == (asset and UUID(asset), slot)


@pytest.mark.parametrize(
    ("detail", "assets"),
    [
        (f"{ONE} not available", [ONE]),
        (f"{ONE}, {TWO} not available", [ONE, TWO]),
        (f"['{TWO}', '{ONE}'] are gone; {TWO}", [TWO, ONE]),
        ([ONE, TWO], [ONE, TWO]),
        ([{"msg": f"{ONE.upper()} is gone"}, TWO], [ONE, TWO]),
    ],
)
def test_detail_of_410(server: Server, api: Any, detail: Any, assets: list[str]) -> None:
    for body in ({"detail": detail}, detail):
        error = failure(server, api, Answer(410, body), "set-customization")
        assert isinstance(error, AvaturnGone)
        assert error.asset_ids == tuple(map(UUID, assets))


@pytest.mark.parametrize("body", NOTHING, ids=range(len(NOTHING)))
def test_a_detail_that_tells_nothing(server: Server, api: Any, body: Any) -> None:
    conflict = failure(server, api, Answer(409, body), "set-customization")
    gone = failure(server, api, Answer(410, body), "set-customization")
    assert vars(conflict) | vars(gone) == {
        **vars(AvaturnGone("", method="PUT", path=conflict.path, status=410)),
        "asset_id": None,
        "slot": "",
        "asset_ids": (),
    }


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        (" 12 ", 12),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("Fri, 99 Foo 99999999999 99:99:99 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        (None, None),
    ],
)
def test_retry_after(server: Server, api: Any, header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"Retry-After": header}
    error = failure(server, api, Answer(429, b"", headers), "list")
    assert isinstance(error, AvaturnThrottled)
    assert error.retry_after == seconds
    assert len(server.requests) == 1


def test_retry_after_a_date(server: Server, api: Any) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=10)
    headers = {"Retry-After": format_datetime(moment, usegmt=True)}
    error = failure(server, api, Answer(429, b"", headers))
    assert isinstance(error, AvaturnThrottled)
    assert error.retry_after == pytest.approx(600, abs=60)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", ["user", "list", "set-customization", "delete-user", "upload"])
def test_redirects_are_not_followed(server: Server, api: Any, call: str, status: int) -> None:
    with running() as elsewhere:
        location = {"Location": f"{elsewhere.url}/caught"}
        error = failure(server, api, Answer(status, b"", location), call)

        assert type(error) is AvaturnUnavailable
        assert error.status == status
        assert len(server.requests) == 1
        assert elsewhere.connections == 0


@pytest.mark.parametrize("answer", [(401, "Not authenticated"), (403, "Not authenticated")])
def test_a_missing_token_may_be_told_either_way(
    server: Server, api: Any, answer: tuple[int, str]
) -> None:
    status, detail = answer
    assert isinstance(failure(server, api, Answer(status, {"detail": detail})), AvaturnUnauthorized)


def test_an_answer_may_not_be_endless(server: Server, api: Any) -> None:
    too_long = Answer(200, b" " * (8 * 1024 * 1024 + 1))
    assert type(failure(server, api, too_long)) is AvaturnUnavailable


def test_a_cut_answer(server: Server, api: Any) -> None:
    answer = Answer(200, {"id": "x" * 1000}, fault="cut")
    assert type(failure(server, api, answer)) is AvaturnUnavailable


@pytest.mark.parametrize(
    "link",
    [
        "http://up.example.com/u/upload-secret-55e0",
        "ftp://up.example.com/u/upload-secret-55e0",
        "//up.example.com/u/upload-secret-55e0",
        "upload-secret-55e0",
        "https://",
        "https://[upload-secret-55e0",
        "https://up.example.com:99999999/upload-secret-55e0",
        "",
    ],
)
def test_impossible_upload_links(api: Any, link: str) -> None:
    with pytest.raises(AvaturnUnavailable) as caught:
        upload(api, link or " ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "tab\t", "line\nbreak", "tökèn", " "])
def test_impossible_tokens(token: str) -> None:
    with pytest.raises(AvaturnNotConfigured) as caught:
        AvaturnClient(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda e: copy_of(e)])
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, {}, b""),
        (409, {}, {"detail": f"Asset {ONE} added to wrong placement - footwear"}),
        (410, {}, {"detail": f"{ONE} not available"}),
        (429, {"Retry-After": "5"}, b""),
        (422, {}, {"detail": [{"loc": ["a"]}]}),
    ],
)
def test_errors_can_travel(
    server: Server, api: Any, duplicate: Any, status: int, headers: dict[str, str], body: Any
) -> None:
    """Task queues and process pools pickle what was raised."""
    error = failure(server, api, Answer(status, body, {"X-Request-Id": "r", **headers}))
    twin = duplicate(error)
    assert type(twin) is type(error)
    assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


def copy_of(error: AvaturnError) -> AvaturnError:
    return pickle.loads(pickle.dumps(error))
