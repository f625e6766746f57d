"""Whatever Avaturn answers: a typed value, or the error that callers know."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_avaturn.client import AvaturnClient
from django_avaturn.client.details import describe
from django_avaturn.client.types import (
    EditorSession,
    Export,
    NewAvatar,
    RemoteAvatar,
    RemoteUser,
    Render,
)
from django_avaturn.exceptions import (
    AvaturnConflict,
    AvaturnError,
    AvaturnGone,
    AvaturnInvalid,
    AvaturnThrottled,
)
from tests.client.calls import CALLS, TOKEN
from tests.client.server import Answer, running

from .inputs import ANY_TEXT, JSON, LINKS, UUIDS, encoded, objects, same, tries

STATUSES = st.sampled_from(["pending", "processing", "ready", "failed", "brand_new"])
FIELDS = {
    "id": UUIDS,
    "avatar_id": UUIDS,
    "status": STATUSES,
    "url": LINKS,
    "upload_url": LINKS,
    "render_url": LINKS | st.none(),
}
COMPLETE = st.fixed_dictionaries({**FIELDS, "status": STATUSES | ANY_TEXT, "id": UUIDS | ANY_TEXT})
ANSWERS = COMPLETE | objects(FIELDS) | JSON
PARSERS = {
    RemoteUser: RemoteUser.parse,
    EditorSession: partial(EditorSession.parse, type="create"),
    RemoteAvatar: RemoteAvatar.parse,
    NewAvatar: NewAvatar.parse,
    Render: Render.parse,
    Export: Export.parse,
}


@pytest.mark.parametrize("kind", PARSERS, ids=lambda kind: kind.__name__)
@tries(80)
@given(answer=ANSWERS)
def test_a_value_or_the_usual_errors(kind, answer):
    try:
        value = PARSERS[kind](answer)
    except (KeyError, TypeError, ValueError):  # which the client turns into AvaturnUnavailable
        return
    assert type(value) is kind
    assert same(value.raw, answer)
    texts = [getattr(value, name) for name in ("id", "status") if hasattr(value, name)]
    assert all(str(text).isprintable() for text in texts)  # every database takes it


@tries(80)
@given(answer=st.lists(objects(FIELDS), max_size=3) | JSON)
def test_lists(answer):
    try:
        avatars = RemoteAvatar.parse_list(answer)
    except (KeyError, TypeError, ValueError):
        return
    assert [avatar.raw for avatar in avatars] == answer


@pytest.fixture(scope="module")
def server():
    with running() as server:
        yield server


@tries(150)
@given(
    call=st.sampled_from(CALLS),
    status=st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 410, 422, 429, 500, 503]),
    body=st.binary(max_size=60) | ANSWERS.map(encoded) | JSON.map(lambda told: {"detail": told}),
    kind=st.sampled_from(["application/json", "text/html", ""]),
)
def test_no_other_error_gets_out_of_the_client(server, call, status, body, kind):
    body = encoded(body) if isinstance(body, dict) else body
    server.answers(Answer(status, body if status != 204 else b"", {"Content-Type": kind}))
    client = AvaturnClient(TOKEN, base_url=server.url, timeout=5, max_retries=0)
    try:
        call.make(client)
    except AvaturnError as error:
        assert "detail" not in str(error)
        assert TOKEN not in repr(vars(error))
    else:
        assert status < 300


@pytest.mark.parametrize("kind", [AvaturnThrottled, AvaturnInvalid, AvaturnConflict, AvaturnGone])
@tries(60)
@given(
    payload=JSON
    | objects({"detail": st.lists(objects({"loc": st.lists(JSON), "msg": ANY_TEXT})) | ANY_TEXT}),
    retry_after=ANY_TEXT | st.integers().map(str) | st.datetimes().map(str),
)
def test_details_of_an_error(kind, payload, retry_after):
    error = kind("reason")
    describe(error, {"retry-after": retry_after}, payload)
    if kind is AvaturnThrottled:
        assert error.retry_after is None or error.retry_after >= 0
    if kind is AvaturnInvalid:
        assert all(isinstance(name, str) and len(name) <= 100 for name in error.fields)
