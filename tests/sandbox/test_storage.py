from urllib.parse import urlsplit

import pytest

BOUNDARY = "frontier"
PHOTO = b"\xff\xd8\xff\xe0 not really\r\n--a picture \x00\xff"


def form(**changes: object) -> bytes:
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


def upload(call, url, body):
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return call("POST", url, token=None, body=body, headers=headers)


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
    ],
)
def test_an_incomplete_form_is_a_422(call, sandbox, reserved, changes, wrong):
    user, avatar, url = reserved

    answer = upload(call, url, form(**changes))

    assert answer.status == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", wrong]]
    assert sandbox.users[user].avatars[avatar].status == "pending"


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


@pytest.fixture
def link(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    path = f"/api/v1/exports/new?avatar_id={avatar}"
    call("POST", path)
    return call("POST", path).json()["url"]


def test_a_model_comes_without_a_token(call, link):
    answer = call("GET", link, token=None)

    assert answer.status == 200
    assert answer.content_type == "model/gltf-binary"
    assert answer.body[:4] == b"glTF"
    assert urlsplit(link).path.startswith("/files/")
    assert link.endswith(".glb")


def test_a_link_ends_after_fifteen_minutes(call, sandbox, link):
    sandbox.clock.advance(899)
    assert call("GET", link, token=None).status == 200
    sandbox.clock.advance(2)
    assert call("GET", link, token=None).status == 403


def test_a_link_ends_with_its_avatar(call, sandbox, link):
    (user,) = sandbox.users
    call("DELETE", f"/api/v1/users/{user}")

    assert call("GET", link, token=None).status == 404


def test_a_model_can_be_as_large_as_wanted(call, sandbox, link):
    sandbox.export_bytes = 3_000_001

    body = call("GET", link, token=None).body

    assert 3_000_001 <= len(body) < 3_000_020
    assert int.from_bytes(body[8:12], "little") == len(body)
