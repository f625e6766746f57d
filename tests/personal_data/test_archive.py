"""An answer to a request for access: all of one person's, nothing of anybody else's."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import storages

from django_avaturn import services
from django_avaturn.models import (
    AvatarFile,
    AvaturnProfile,
    Guest,
    RemoteDeletion,
    WebhookEvent,
)
from tests.personal_data.bucket import Bucket

pytestmark = pytest.mark.django_db(transaction=True)


class Pipe(io.RawIOBase):
    """A stream that only takes bytes, as the socket of a download does."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def archive_of(user, stream=None):
    stream = stream or io.BytesIO()
    data = services.write_personal_data(user, stream)
    return data, ZipFile(io.BytesIO(bytes(getattr(stream, "data", None) or stream.getvalue())))


def tell(avatar, digest, **payload):
    return WebhookEvent.objects.create(
        event="export.ready", avatar_id=avatar, digest=digest, payload=payload, due_at=None
    )


def test_all_of_it_is_there(ann, dress):
    avatar = dress(ann)
    data, archive = archive_of(ann)
    told = json.loads(archive.read("data.json"))
    assert told["profile"]["avaturn_id"] == data["profile"]["avaturn_id"] == avatar.avaturn_id
    assert told["profile"]["user"] == ann.pk
    assert told["profile"]["active_avatar"] == str(avatar.pk)
    [shown] = told["avatars"]
    assert (shown["id"], shown["gender"], shown["body_id"]) == (str(avatar.pk), "female", "body_1")
    model, portrait = sorted(shown["files"], key=lambda row: row["kind"])
    assert portrait["scene"] == "common/transparent_half_body"
    assert (model["state"], model["size"]) == ("ready", avatar.model.file.size)
    for row, ours in ((model, avatar.model), (portrait, avatar.portrait)):
        with ours.file.open() as file:
            assert archive.read(row["file"]) == file.read()
    with avatar.portrait.thumbnail.open() as file:
        assert archive.read(portrait["thumbnail"]) == file.read()
    named = {"data.json", model["file"], portrait["file"], portrait["thumbnail"]}
    assert set(archive.namelist()) == named
    assert archive.testzip() is None
    assert {info.external_attr >> 16 for info in archive.infolist()} == {0o600}
    assert not any("ann" in name for name in named)


def test_every_field_of_every_row_but_secrets(ann, dress, sandbox):
    avatar = dress(ann)
    event = tell(avatar.pk, "1", user_id=avatar.avaturn_id)
    gone = RemoteDeletion.objects.create(
        avaturn_id=avatar.avaturn_id, avatar_id=uuid4(), due_at=None
    )
    data = services.personal_data(ann)
    rows = [
        (ann.avaturn_profile, data["profile"], {"guest", "claimed_until"}),
        (avatar, data["avatars"][0], set()),
        (avatar.model, data["avatars"][0]["files"][-1], {"claimed_until"}),
        (event, data["webhook_events"][0], {"claimed_until"}),
        (gone, data["remote_deletions"][0], {"claimed_until"}),
    ]
    for row, shown, secret in rows:
        fields = {field.name for field in row._meta.concrete_fields}
        assert shown.keys() - {"files"} == fields - secret
        assert shown["id"] == row.pk


def test_nothing_of_anybody_else(ann, bob, dress):
    mine, other = dress(ann), dress(bob)
    theirs = [
        tell(other.pk, "1", user_id=other.avaturn_id),
        tell(other.pk, "2"),
        tell(other.pk, "3", user_id=mine.avaturn_id),  # a lie, one way or the other
        tell(mine.pk, "4", user_id=other.avaturn_id),
        tell(None, "5", user_id=other.avaturn_id),
        tell(None, "6"),
    ]
    RemoteDeletion.objects.create(avaturn_id=other.avaturn_id, avatar_id=uuid4(), due_at=None)
    own = [
        tell(mine.pk, "7"),
        tell(mine.pk, "8", user_id=None),
        tell(uuid4(), "9", user_id=mine.avaturn_id),  # of an avatar that has been deleted
        tell(None, "10", user_id=mine.avaturn_id),
    ]
    data, archive = archive_of(ann)
    assert {row["id"] for row in data["webhook_events"]} == {event.pk for event in own}
    assert data["remote_deletions"] == []
    everything = b"".join([*map(archive.read, archive.namelist()), repr(data).encode()])
    names = [name for row in other.files.all() for name in row.names]
    secrets = [str(other.pk), other.avaturn_id, *names, "bob", *(f'"{e.digest}"' for e in theirs)]
    assert [one for one in secrets if one.encode() in everything] == []
    assert all(str(other.pk) not in name for name in archive.namelist())


def test_former_remote_users_are_the_same_person(ann, dress, configure):
    configure(KEEP_FORMER=True)
    avatar = dress(ann)
    services.start_over(ann)
    event = tell(None, "1", user_id=avatar.avaturn_id)
    assert services.get_profile(ann).avaturn_id != avatar.avaturn_id
    assert [row["id"] for row in services.personal_data(ann)["webhook_events"]] == [event.pk]


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow(ann, dress, django_assert_num_queries, number):
    for _ in range(number):
        dress(ann)
    with django_assert_num_queries(5):
        assert len(services.personal_data(ann)["avatars"]) == number
    with django_assert_num_queries(5):
        services.write_personal_data(ann, io.BytesIO())


def test_avaturn_is_not_asked(ann, dress, sandbox):
    dress(ann)
    sandbox.calls.clear()
    archive_of(ann)
    assert sandbox.calls == []


def test_who_has_nothing(ann, sandbox):
    stream = io.BytesIO()
    assert services.personal_data(ann) == {}
    assert services.write_personal_data(ann, stream) == {}
    assert stream.getvalue() == b""


def test_visitors_and_async_code(sandbox, dress, configure):
    configure(ALLOW_GUESTS=True)
    guest = Guest("a-secret-of-the-browser")
    avatar = dress(guest)
    data = async_to_sync(services.apersonal_data)(guest)
    assert [row["id"] for row in data["avatars"]] == [avatar.pk]
    stream = io.BytesIO()
    assert async_to_sync(services.awrite_personal_data)(guest, stream)["avatars"]
    assert guest.digest.encode() not in stream.getvalue()
    assert guest.digest not in repr(data)


def test_a_storage_without_paths_onto_a_stream_without_seeking(bucket, ann, dress):
    avatar = dress(ann)
    data, archive = archive_of(ann, Pipe())
    assert archive.testzip() is None
    assert len(archive.namelist()) == 4
    model = next(row for row in data["avatars"][0]["files"] if row["kind"] == "model")
    assert len(archive.read(model["file"])) == avatar.model.size
    assert "missing" not in str(data)


def test_files_are_never_whole_in_memory(bucket, ann, dress, tmp_path):
    avatar = dress(ann)
    size = 32 * 2**20
    with open(Path(bucket.base_location, avatar.model.file.name), "r+b") as file:
        file.truncate(size)
    Bucket.reads = []
    with open(tmp_path / "out.zip", "wb") as out:
        tracemalloc.start()
        try:
            services.write_personal_data(ann, out)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert sum(Bucket.reads) > size
    assert peak < 2 * 2**20


@pytest.mark.parametrize("kind", ["plain", "bucket"])
def test_a_missing_file_is_told(kind, request, ann, dress):
    if kind == "bucket":
        request.getfixturevalue("bucket")
    avatar = dress(ann)
    storages["default"].delete(avatar.portrait.thumbnail.name)
    steps = []
    stream = io.BytesIO()
    services.write_personal_data(ann, stream, lambda *step: steps.append(step))
    archive = ZipFile(stream)
    rows = json.loads(archive.read("data.json"))["avatars"][0]["files"]
    missing = {row["kind"]: row.get("missing") for row in rows}
    assert missing == {"model": None, "portrait": ["thumbnail"]}
    assert len(archive.namelist()) == 3
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_several_scenes_do_not_collide(ann, dress):
    avatar = dress(ann)
    with avatar.portrait.file.open() as file:
        for scene in ("common/city_full_body", "common/city_full/body"):
            row = AvatarFile(avatar=avatar, kind="portrait", scene=scene, due_at=None)
            row.file.save("portrait.webp", file)
    _, archive = archive_of(ann)
    assert len(archive.namelist()) == len(set(archive.namelist())) == 6


def test_erasing_leaves_nothing_to_tell(ann, dress):
    dress(ann)
    services.erase(ann)
    assert services.personal_data(ann) == {}
    assert not AvaturnProfile.objects.exists()
