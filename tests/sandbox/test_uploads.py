import hashlib
import http.client
import random

import pytest

from django_avaturn.sandbox import Photo, Sandbox, Upload

BOUNDARY = "frontier"
PHOTO = b"\xff\xd8\xff\xe0 not really\r\n--a picture \x00\xff"


def form(**changes: bytes | None) -> bytes:
    parts = {
        "body-type": b"female",
        "image-frontal": PHOTO,
        "image-side-1": PHOTO,
        "image-side-2": PHOTO,
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    body = b""
    for name, value in parts.items():
        if value is None:
            continue
        kind = (
            b'; filename="a.jpg"\r\nContent-Type: image/jpeg' if name.startswith("image") else b""
        )
        disposition = f'Content-Disposition: form-data; name="{name}"'.encode()
        body += b"--frontier\r\n" + disposition + kind + b"\r\n\r\n" + value + b"\r\n"
    return body + b"--frontier--\r\n"


@pytest.fixture
def reserved(call, sandbox):
    user = sandbox.add_user()
    answer = call("POST", "/api/v1/avatars/new", {"user_id": user}).json()
    return user, answer["avatar_id"], answer["upload_url"]


HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def upload(call, url, body, token=None):
    return call("POST", url, token=token, body=body, headers=HEADERS)


def test_an_avatar_goes_from_pending_to_ready(call, sandbox, reserved):
    user, avatar, url = reserved

    def status():
        return sandbox.users[user].avatars[avatar].status

    assert status() == "pending"
    answer = upload(call, url, form())
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert status() == "processing"
    sandbox.clock.advance(sandbox.processing_seconds)
    assert status() == "ready"
    assert sandbox.count("uploadPhotos") == 1


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"image_frontal": None}, "image-frontal"),
        ({"image_side_2": b""}, "image-side-2"),
        ({"body_type": None}, "body-type"),
        ({"body_type": b"other"}, "body-type"),
        ({"telephoto": b"perhaps"}, "telephoto"),
        ({"image_side_1": b"\x89PNG\r\n\x1a\n" + PHOTO}, "image-side-1"),
        ({"image_side_1": b"\xff\xd8"}, "image-side-1"),
    ],
)
def test_a_form_that_does_not_fit_is_a_422(call, sandbox, reserved, changes, wrong):
    user, avatar, url = reserved

    answer = upload(call, url, form(**changes))

    assert answer.status == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", wrong]]
    assert sandbox.users[user].avatars[avatar].status == "pending"
    assert not sandbox.uploads


def test_a_body_that_is_no_form_is_a_422(call, reserved):
    assert call("POST", reserved[2], body=b"hello").status == 422


def test_an_unknown_upload_address_is_a_404(call):
    assert upload(call, "http://sandbox.test/uploads/guess", form()).status == 404


def test_an_unopened_avatar_can_be_refused(call, sandbox, reserved):
    _, avatar, url = reserved
    upload(call, url, form())
    sandbox.clock.advance(60)
    customization = f"/api/v1/avatars/{avatar}/customization"
    assert call("GET", customization).json()["body"] == "body_1"

    sandbox.refuse_unopened = True
    export = f"/api/v1/exports/new?avatar_id={avatar}"
    assert call("GET", customization).status == 500
    assert call("POST", export).json()["status"] == "failed"
    call("PUT", customization, {"body": "body_1"})
    assert call("POST", export).json()["status"] == "pending"


@pytest.mark.parametrize("token", [None, "sandbox-token"])
@pytest.mark.parametrize(
    ("word", "telephoto"), [(None, False), (b"false", False), (b"true", True), (b"TRUE", True)]
)
def test_what_arrived_can_be_looked_at(call, sandbox, reserved, token, word, telephoto):
    _, avatar, url = reserved
    side = PHOTO + b"another"

    upload(call, url, form(telephoto=word, image_side_2=side), token)

    def photo(content):
        return Photo("a.jpg", "image/jpeg", len(content), hashlib.sha256(content).hexdigest())

    photos = {"image-frontal": photo(PHOTO), "image-side-1": photo(PHOTO)}
    photos["image-side-2"] = photo(side)
    assert sandbox.uploads == [Upload(avatar, "female", telephoto, token is not None, photos)]
    assert "another" not in str(vars(sandbox.state))


def test_reset_forgets_uploads_and_a_restart_does_too(call, sandbox, reserved, tmp_path):
    upload(call, reserved[2], form())
    assert len(sandbox.uploads) == 1
    sandbox.reset()
    assert not sandbox.uploads

    kept = Sandbox(state_file=tmp_path / "state.json")
    again = type(call)(kept)
    url = again("POST", "/api/v1/avatars/new", {"user_id": kept.add_user()}).json()["upload_url"]
    upload(again, url, form())
    assert len(kept.uploads) == 1
    assert not Sandbox(state_file=tmp_path / "state.json").uploads


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413)])
def test_photos_can_be_too_large(call, sandbox, reserved, spare, status):
    body = form()
    sandbox.upload_limit = len(body) + spare

    assert upload(call, reserved[2], body).status == status
    assert len(sandbox.uploads) == (status == 200)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_form_comes_over_the_wire_as_it_was_sent(server, call, sandbox, reserved, chunked):
    photo = b"\xff\xd8\xff" + random.Random(4).randbytes(3_000_000)
    body = form(image_frontal=photo)
    pieces = iter([body[start : start + 70_001] for start in range(0, len(body), 70_001)])
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    path = reserved[2].removeprefix("http://sandbox.test")
    if chunked:
        connection.request("POST", path, pieces, HEADERS, encode_chunked=True)
    else:
        length = {"Content-Length": str(len(body))}
        connection.request("POST", path, pieces, HEADERS | length)
    assert connection.getresponse().status == 200
    connection.close()

    (arrived,) = sandbox.uploads
    assert arrived.photos["image-frontal"].sha256 == hashlib.sha256(photo).hexdigest()
    assert not arrived.authorized
