"""The files on a real S3 protocol: django-storages against a server on this machine."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import boto3
import pytest
import requests
from django.template import Context, Template
from moto.server import ThreadedMotoServer

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile, FileDeletion
from tests.services.test_portraits import picture, upload

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # botocore's own affair
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

KEYS = {"access_key": "key-id-of-the-tests", "secret_key": "secret-key-of-the-tests"}


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, sandbox: Any, settings: Any, configure: Any):
    """An empty private bucket that the site's files go to."""
    options = {
        **KEYS,
        "bucket_name": "portraits",
        "endpoint_url": server,
        "region_name": "us-east-1",
        "addressing_style": "path",
        "file_overwrite": False,
        "default_acl": "private",
        "querystring_expire": 600,
        "signature_version": "s3v4",
    }
    backend = "storages.backends.s3.S3Storage"
    settings.STORAGES = {
        **settings.STORAGES,
        "avatars": {"BACKEND": backend, "OPTIONS": options},
    }
    configure(STORAGE="avatars")
    session = boto3.Session(KEYS["access_key"], KEYS["secret_key"], region_name="us-east-1")
    bucket = session.resource("s3", endpoint_url=server).Bucket("portraits")
    bucket.create()
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


@pytest.fixture
def avatar(bucket: Any, ann: Any, sandbox: Any) -> Avatar:
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    services.record_export(ann, avatar_id, {})
    jobs.run_due(AvatarFile)
    avatar = Avatar.objects.get(pk=avatar_id)
    upload(avatar, picture())
    return Avatar.objects.get(pk=avatar_id)


def names(bucket: Any) -> set[str]:
    return {item.key for item in bucket.objects.all()}


def test_files_are_in_the_bucket_and_nowhere_else(avatar, bucket):
    assert names(bucket) == {*avatar.model.names, *avatar.portrait.names}
    assert len(names(bucket)) == 3
    assert not FileDeletion.objects.exists()
    content_type = bucket.Object(avatar.model.file.name).content_type
    assert content_type == "model/gltf-binary"


def test_signed_addresses_work_and_only_those(avatar, as_ann):
    told = as_ann.get(f"/avatar/avatars/{avatar.pk}/").json()
    for url in (told["model"]["url"], told["portrait"]["url"], told["portrait"]["thumbnail"]):
        assert {"X-Amz-Signature", "X-Amz-Expires"} <= parse_qs(urlsplit(url).query).keys()
        assert KEYS["secret_key"] not in url
        assert requests.get(url, timeout=10).ok
    answer = requests.get(told["model"]["url"], timeout=10)
    assert len(answer.content) == told["model"]["size"]


@pytest.mark.parametrize("tag", ["avaturn_portrait user", "avaturn_viewer avatar"])
def test_tags_show_signed_addresses(avatar, ann, rf, tag):
    request = rf.get("/")
    request.user = ann
    context = Context({"request": request, "user": ann, "avatar": avatar})
    html = Template("{% load avaturn %}{% " + tag + " %}").render(context)
    assert avatar.portrait.file.name in html
    assert "X-Amz-Signature=" in html


def test_edited_and_deleted_avatars_leave_nothing(avatar, ann, bucket):
    before = names(bucket)
    services.record_export(ann, avatar.pk, {})
    jobs.run_due(AvatarFile)
    upload(Avatar.objects.get(pk=avatar.pk), picture())
    assert len(names(bucket)) == 3
    assert not names(bucket) & before
    ann.delete()
    assert names(bucket) == set()


def test_personal_data_are_read_from_the_bucket(avatar, ann, bucket):
    bucket.Object(avatar.portrait.thumbnail.name).delete()
    stream = BytesIO()
    services.write_personal_data(ann, stream)
    archive = ZipFile(stream)
    stored = {bucket.Object(name).get()["Body"].read() for name in names(bucket)}
    assert len(stored) == 2
    packed = {archive.read(name) for name in archive.namelist() if name != "data.json"}
    assert packed == stored
    assert b'"missing": [\n            "thumbnail"' in archive.read("data.json")
