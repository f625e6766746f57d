"""What the client sends and understands, held against the description of the API."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import Headers, MultiDict

from .calls import CALLS, NAMED, TOKEN, UPLOAD_PATH, Call, upload
from .server import Answer, Received, Server

FILE = Path(__file__).resolve().parents[1] / "contract" / "openapi.yaml"
HOST = "https://api.avaturn.me"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The description, with the upload link as one more path of the same host."""
    described = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    described["paths"][UPLOAD_PATH] = described["components"]["pathItems"]["PhotoUpload"]
    form = described["components"]["schemas"]["PhotoUploadForm"]["properties"]
    for name, part in form.items():
        if part.get("format") == "binary":  # OpenAPI 3.1 itself has no type for bytes
            form[name] = {}
    return described


@pytest.fixture(scope="module")
def openapi(contract: dict[str, Any]) -> OpenAPI:
    return OpenAPI.from_dict(contract)


def as_openapi(sent: Received) -> MockRequest:
    request = MockRequest(
        HOST,
        sent.method,
        sent.path,
        data=sent.body,
        content_type=sent.headers.get("Content-Type", ""),
    )
    request.parameters.query = MultiDict(sent.query)
    request.parameters.header = Headers(sent.headers.items())
    return request


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_call(call: Call, server: Server, api: Any, openapi: OpenAPI) -> None:
    server.answers(Answer(call.status, call.answer))
    call.make(api)

    [sent] = server.requests
    assert (sent.method, sent.path, sent.query) == (call.method, call.path, call.query)
    openapi.validate_request(as_openapi(sent))
    response = MockResponse(Answer(body=call.answer).content(), status_code=call.status)
    openapi.validate_response(as_openapi(sent), response)
    if not call.upload:
        assert sent.json == call.json
        assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
        assert ("Content-Type" in sent.headers) == bool(call.json)


def test_every_operation_is_called(contract: dict[str, Any]) -> None:
    described = {
        (method, path)
        for path, item in contract["paths"].items()
        for method in ("get", "post", "put", "delete")
        if method in item
    }
    assert len(described) == len({(call.method, call.path) for call in CALLS}) == 11


def test_the_description_is_strict(openapi: OpenAPI) -> None:
    """Should the validation above go blind, this one notices."""
    wrong = MockRequest(HOST, "POST", "/api/v1/exports/new", args={"avatar_id": "no uuid"})
    wrong.parameters.header = Headers({"Authorization": "Bearer x"})
    with pytest.raises(Exception, match="avatar_id"):
        openapi.validate_request(wrong)


@pytest.mark.parametrize("telephoto", [False, True])
@pytest.mark.parametrize("body_type", ["male", "female"])
def test_upload_form(server: Server, api: Any, body_type: str, telephoto: bool) -> None:
    upload(api, body_type=body_type, telephoto=telephoto)

    [sent] = server.requests
    parts = {part.get_param("name", header="Content-Disposition"): part for part in multipart(sent)}
    photos = {name: part for name, part in parts.items() if name.startswith("image-")}
    assert sorted(photos) == ["image-frontal", "image-side-1", "image-side-2"]
    assert parts["image-frontal"].get_payload(decode=True) == b"front"
    assert {photo.get_content_type() for photo in photos.values()} == {"image/jpeg"}
    assert {photo.get_filename()[-4:] for photo in photos.values()} == {".jpg"}
    assert {name: parts[name].get_payload() for name in parts.keys() - photos.keys()} == {
        "body-type": body_type,
        "telephoto": str(telephoto).lower(),
    }


def multipart(sent: Received) -> list[Any]:
    head = f"Content-Type: {sent.headers['Content-Type']}\r\n\r\n".encode()
    return message_from_bytes(head + sent.body).get_payload()


@pytest.mark.parametrize("name", ["user", "upload"])
def test_netrc_is_not_used(
    name: str, server: Server, api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answers(Answer(200, NAMED[name].answer))

    NAMED[name].make(api)

    expected = None if name == "upload" else f"Bearer {TOKEN}"
    assert server.requests[0].headers["Authorization"] == expected


def test_user_ids_are_quoted(server: Server, api: Any) -> None:
    """Ids are opaque text: they must not reach another endpoint."""
    server.answers(Answer(200, b"null"))
    api.delete_user("a/b?c#d e%")
    assert server.requests[0].path == "/api/v1/users/a%2Fb%3Fc%23d%20e%25"
    assert server.requests[0].query == []


def test_the_client_says_who_it_is(server: Server, api: Any) -> None:
    server.answers(Answer(200, b"null"))
    api.delete_user("u")
    assert server.requests[0].headers["User-Agent"].startswith("django-avaturn/")


@pytest.mark.parametrize("end", ["", "/"])
def test_base_url_may_end_in_a_slash(server: Server, connect: Any, end: str) -> None:
    server.answers(Answer(200, b"null"))
    connect(base_url=server.url + end).delete_user("u")
    assert server.requests[0].path == "/api/v1/users/u"
