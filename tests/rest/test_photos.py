"""``POST avatars/``: the form, its errors, its description."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import encode_multipart

from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.rest import photos as form
from django_avaturn.services import photos
from tests import photographs
from tests.photographs import photo

PATH = "/avatar/avatars/"
PARTS = ("image-frontal", "image-side-1", "image-side-2")


def parts(**changes):
    """A whole form; None leaves a part out."""
    data = {name: upload(photo(seed)) for seed, name in enumerate(PARTS)}
    data |= {"body-type": "female"}
    data |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in data.items() if value is not None}


def upload(data, name="me.jpg"):
    return SimpleUploadedFile(name, data, "image/jpeg")


def test_avatar_is_made(as_ann, ann, sandbox):
    response = as_ann.post(PATH, parts(telephoto="true"))
    assert response.status_code == 201, response.text
    body = response.json()
    assert (body["status"], body["gender"], body["active"]) == ("processing", "female", False)
    assert body["id"] == str(Avatar.objects.of(ann).get().pk)
    assert sandbox.uploads[0].telephoto
    assert "/uploads/" not in response.text
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "part", "text"),
    [
        ({"image_frontal": None}, "image-frontal", "Add this photo"),
        ({"image_side_1": "me.jpg"}, "image-side-1", "as a file"),
        ({"image_side_1": upload(b"", "empty.jpg")}, "image-side-1", "empty"),
        ({"image_side_2": upload(b"hello")}, "image-side-2", "not a photo"),
        ({"image_side_2": upload(photo(1))}, "image-side-2", "three different"),
        ({"image_frontal": upload(photographs.heic())}, "image-frontal", "HEIC"),
        ({"image_frontal": upload(photographs.turned())}, "image-frontal", "stored turned"),
        ({"body_type": None}, "body-type", "required"),
        ({"body_type": "other"}, "body-type", "other"),
        ({"telephoto": "perhaps"}, "telephoto", "boolean"),
    ],
)
def test_what_does_not_fit_is_told_by_part_and_changes_nothing(
    as_ann, sandbox, changes, part, text
):
    response = as_ann.post(PATH, parts(**changes))
    assert response.status_code == 400
    body = response.json()
    assert body["code"] == "invalid"
    assert body["errors"].keys() == {part}
    assert text in body["errors"][part][0]
    assert not sandbox.calls
    assert not AvaturnProfile.objects.exists()


def test_errors_of_all_parts_come_together(as_ann, sandbox):
    wrong = upload(b"no")
    body = as_ann.post(PATH, parts(image_side_1=wrong, image_frontal=upload(b""))).json()
    assert body["errors"].keys() == {"image-frontal", "image-side-1"}
    body = as_ann.post(PATH, {}).json()
    assert body["errors"].keys() == {*PARTS, "body-type"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 422}, 400, "photos_refused"),
        ({"status": 500}, 502, "avaturn_unavailable"),
        ({"status": 429}, 503, "avaturn_throttled"),
    ],
)
def test_failed_upload(as_ann, sandbox, fault, status, code):
    sandbox.fail_next("uploadPhotos", **fault)
    response = as_ann.post(PATH, parts())
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert "detail" in response.json()
    assert not Avatar.objects.exists()


def test_three_large_photos_go_through_the_disk(as_ann, sandbox, settings, monkeypatch):
    """Django's own limits are left as they are: 2.5 MB of memory, and files beyond."""
    large = [photo(seed)[:2] + filling(10 * 2**20) + photo(seed)[2:] for seed in range(3)]
    seen = []
    monkeypatch.setattr(
        photos, "check_photo", lambda file: seen.append(Path(file.temporary_file_path())) or file
    )
    data = {**dict(zip(PARTS, map(upload, large), strict=True)), "body-type": "male"}
    assert as_ann.post(PATH, data).status_code == 201
    assert len(seen) == 3
    sizes = [one.size for one in sandbox.uploads[0].photos.values()]
    assert sizes == [len(one) for one in large]
    assert not [path for path in seen if path.exists()]


def filling(size):
    """Comments of a JPEG, to be so many bytes."""
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    return comment * (size // len(comment))


def test_large_jpegs_pass_the_checks(as_ann, sandbox):
    large = photo(0)[:2] + filling(10 * 2**20) + photo(0)[2:]
    assert as_ann.post(PATH, parts(image_frontal=upload(large))).status_code == 201


def test_one_byte_too_many(as_ann, sandbox):
    response = as_ann.post(PATH, parts(image_frontal=upload(bytes(photos.MAX_BYTES + 1))))
    assert "15 MB" in response.json()["errors"]["image-frontal"][0]


def test_form_that_is_too_long_is_not_even_read(as_ann, sandbox):
    class Unread(io.BytesIO):
        def read(self, *args):
            raise AssertionError("read")

    response = as_ann.generic(
        "POST",
        PATH,
        content_type="multipart/form-data; boundary=b",
        **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(form.MAX_FORM + 1)},
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert "15 MB" in response.json()["detail"]


@pytest.mark.parametrize("cut", [300, 40_000])
def test_form_that_stops_in_the_middle(as_ann, sandbox, cut):
    whole = encode_multipart("b", parts())
    kind = "multipart/form-data; boundary=b"
    response = as_ann.generic("POST", PATH, whole[: len(whole) - cut], content_type=kind)
    assert response.status_code == 400
    assert response.json().keys() >= {"code", "detail"}
    assert not sandbox.calls


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_no_form(as_ann, sandbox, kind):
    data = b"{}" if "json" in kind else b""
    response = as_ann.generic("POST", PATH, data, content_type=kind)
    assert response.status_code == 400
    assert response.json()["errors"]["image-frontal"] == ["Add this photo."]


def test_strangers_and_forged_requests_are_refused(ann, sandbox, db):
    assert Client().post(PATH, parts()).status_code in {401, 403}
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(ann)
    assert forged.post(PATH, parts()).status_code == 403
    assert not sandbox.calls


def test_visitor_may_begin_here(sandbox, configure, db):
    configure(ALLOW_GUESTS=True)
    visitor = Client()
    assert visitor.get(PATH).status_code in {401, 403}
    assert visitor.post(PATH, parts()).status_code == 201
    assert visitor.get(PATH).json()["count"] == 1
    assert AvaturnProfile.objects.get().user is None


def test_throttled_apart_from_the_list(as_ann, sandbox, configure):
    configure(SESSION_THROTTLE="1/day")
    assert as_ann.post(PATH, parts()).status_code == 201
    refused = as_ann.post(PATH, parts())
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert as_ann.get(PATH).status_code == 200
    assert as_ann.post("/avatar/sessions/").status_code == 201
    assert sandbox.count("uploadPhotos") == 1


def test_free_plan(as_ann, sandbox, configure):
    configure(API_TOKEN="", PROJECT_URL="https://mine.avaturn.dev")
    response = as_ann.post(PATH, parts())
    assert (response.status_code, response.json()["code"]) == (409, "needs_api")


def test_without_pillow(as_ann, sandbox, monkeypatch):
    monkeypatch.setattr(photos, "Image", None)
    response = as_ann.post(PATH, parts())
    assert (response.status_code, response.json()["code"]) == (503, "not_configured")


def test_options_describe_the_parts(as_ann, sandbox, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        described = as_ann.options(PATH).json()["actions"]["POST"]
    assert described.keys() == {*PARTS, "body-type", "telephoto", "consent"}
    for name in PARTS:
        part = described[name]
        assert (part["type"], part["required"]) == ("file upload", True)
        assert part["label"]
        assert part["help_text"]
        assert part["max_bytes"] == photos.MAX_BYTES
        assert part["max_pixels"]["image/jpeg"] == 32_000_000
        assert part["content_types"] == ["image/jpeg", "image/png", "image/webp"]
    assert [one["value"] for one in described["body-type"]["choices"]] == ["female", "male"]
    assert described["telephoto"]["required"] is False


@pytest.mark.django_db(transaction=True)
def test_no_transaction_spans_the_request(as_ann, sandbox, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    seen, real = [], photos.check_photo

    def check(file):
        seen.append(connection.in_atomic_block)
        return real(file)

    monkeypatch.setattr(photos, "check_photo", check)
    assert as_ann.post(PATH, parts()).status_code == 201
    assert seen == [False] * 3
