"""Reports of errors show the local variables of every frame: none of them may show a link."""

from __future__ import annotations

import re

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.views.debug import ExceptionReporter

from django_avaturn import services
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.models import Avatar
from django_avaturn.services.storing import Incoming
from tests.photographs import three

from .conftest import SECRET

LINK = re.compile(r"/(?:files|uploads)/[\w-]{20,}")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def avatar(ann, make_avatar, sandbox, configure) -> Avatar:
    """Ready at Avaturn, which draws plain pictures and has a webhook for them."""
    configure(WEBHOOK_SECRETS=[SECRET])
    sandbox.plain_pictures = True
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")
    services.sync_profile(avatar.profile)
    avatar.refresh_from_db()
    return avatar


def reports(caplog) -> list[str]:
    """What a handler of errors would send, with all it knows."""
    caught = [record.exc_info for record in caplog.records if record.exc_info]
    return [ExceptionReporter(None, *info).get_traceback_html() for info in caught]


def test_storage_that_fails_when_a_picture_comes(avatar, sandbox, caplog, monkeypatch):
    def fail(self, *args, **kwargs):
        raise ConnectionError("The bucket is down.")

    services.request_portrait(avatar)
    monkeypatch.setattr(FileSystemStorage, "save", fail)
    address = f"/avatar/webhooks/{SECRET}/"
    sandbox.deliver_webhooks(
        lambda body: Client().post(address, body, content_type="application/json").status_code
    )
    told = reports(caplog)
    assert any("The bucket is down." in one and "take_render" in one for one in told)
    assert not any(map(LINK.search, told))


@pytest.mark.parametrize("redirected", [False, True])
def test_disk_that_is_full_when_a_model_comes(avatar, sandbox, caplog, monkeypatch, redirected):
    def fail(self, data):
        raise OSError(28, "No space left on device")

    sandbox.at_once = True
    if redirected:
        sandbox.fail_next("downloadFile", status=302, location="?again")
    monkeypatch.setattr(Incoming, "write", fail, raising=False)
    services.request_files(avatar)
    report = reports(caplog)[0]
    assert sandbox.count("downloadFile") == 1 + redirected
    assert "No space left on device" in report and "fetch_model" in report
    assert not LINK.search(report)


def test_photos_that_cannot_be_sent(ann, sandbox):
    sandbox.fail_next("uploadPhotos", status=503, times=9)
    with pytest.raises(AvaturnUnavailable) as caught:
        services.create_avatar(ann, **three(), body_type="male")
    info = (caught.type, caught.value, caught.tb)
    report = ExceptionReporter(None, *info).get_traceback_html()
    assert "upload_photos" in report
    assert not LINK.search(report)
