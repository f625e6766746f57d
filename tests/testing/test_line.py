"""HTTP as in production, with no socket under it, and no way out."""

import time

import pytest
import requests
from django.core.management import call_command

from django_avaturn import services
from django_avaturn.exceptions import (
    AvaturnNotFound,
    AvaturnThrottled,
    AvaturnTimeout,
    AvaturnUnavailable,
)
from django_avaturn.models import AvatarFile
from django_avaturn.sandbox import FaultPlan
from django_avaturn.testing import Avaturn, OutsideHost

ELSEWHERE = "https://api.avaturn.me"


def test_no_socket_is_opened(no_sockets, ann, as_ann):
    with Avaturn() as avaturn:
        avaturn.export(ann)
        assert as_ann.post("/avatar/avatars/", avaturn.photos()).status_code == 201
        avaturn.settle()
        assert AvatarFile.objects.exclude(file="").count() == 4
        ann.delete()
        avaturn.settle()
        assert not avaturn.sandbox.users
    with pytest.raises(no_sockets):  # it would have been noticed
        requests.get("http://127.0.0.1:9/", timeout=1)


def test_no_proxy_of_the_environment_is_used(no_sockets, monkeypatch, avaturn, ann):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert avaturn.make_avatar(ann).model.file


def test_another_host_is_out_of_reach(no_sockets, ann):
    told = r"about to reach api\.avaturn\.me"
    with pytest.raises(OutsideHost, match=told), Avaturn(API_URL=ELSEWHERE):
        services.get_profile(ann)


def redirected(avaturn, ann):
    """A model whose link leads to a host that the site may ask."""
    avaturn.fail_next("downloadFile", location=f"{ELSEWHERE}/model.glb")
    return avaturn.export(ann)


def test_settle_tells_of_what_a_job_has_kept_for_itself(no_sockets, avaturn, ann):
    redirected(avaturn, ann)
    with pytest.raises(OutsideHost, match=r"api\.avaturn\.me"):
        avaturn.settle()
    avaturn.settle()


def test_the_end_tells_of_it_too(no_sockets, ann, capsys):
    with pytest.raises(OutsideHost, match=r"api\.avaturn\.me"), Avaturn() as avaturn:
        redirected(avaturn, ann)
        call_command("avaturn_process")  # the export is pending
        call_command("avaturn_process")
        assert avaturn.calls.count("downloadFile") == 1


def test_an_error_in_the_test_is_not_covered_up(no_sockets, ann):
    with pytest.raises(ZeroDivisionError), Avaturn() as avaturn:
        with pytest.raises(OutsideHost):
            avaturn._fence.check("example.com")
        raise ZeroDivisionError


def test_nobody_waits_for_a_latency(avaturn, ann):
    began = time.monotonic()
    avaturn.fail_next("createUser", latency=9.9)
    services.get_profile(ann)
    avaturn.fail_next("listUserAvatars", latency=10)
    with pytest.raises(AvaturnTimeout):
        services.sync_profile(services.get_profile(ann))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"drip": 10.0}, "in time"),  # longer than one read may take
        ({"drip": 1.0, "drip_bytes": 1000}, "in time"),  # 150 seconds in all
        ({"truncate": 1000}, "could not be reached"),
        ({"drop": True}, "could not be reached"),
        ({"status": 500}, "status 500"),
    ],
)
def test_a_file_that_does_not_come(avaturn, ann, fault, told):
    avaturn.fail_next("downloadFile", times=9, **fault)
    avatar = avaturn.export(ann)
    avaturn.settle()
    assert not avatar.model.file and told in avatar.model.error
    assert avaturn.calls.count("downloadFile") == 2  # the second try at once, the third later
    avaturn.settle(retry_failed=True)
    assert avaturn.calls.count("downloadFile") == 4
    avaturn.sandbox.faults.clear()
    avaturn.settle(retry_failed=True)
    avatar = type(avatar).objects.get()
    assert avatar.model.file and avatar.portrait.file


def test_a_slow_file_in_time_is_taken(avaturn, ann):
    avaturn.fail_next("downloadFile", drip=0.5, drip_bytes=1000)
    avatar = avaturn.export(ann)
    avaturn.settle()
    assert avatar.model.file


def test_an_endless_file(avaturn, ann):
    avaturn.configure(MAX_MODEL_BYTES=300_000)
    avaturn.fail_next("downloadFile", times=9, endless=True)
    avatar = avaturn.export(ann)
    avaturn.settle()
    assert not avatar.model.file and avatar.model.error


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"drop": True}, AvaturnUnavailable),
        ({"status": 503}, AvaturnUnavailable),
        ({"status": 404}, AvaturnNotFound),
        ({"retry_after": 7}, AvaturnThrottled),
        ({"truncate": 1}, AvaturnUnavailable),
    ],
)
def test_one_fault_is_one_failure(avaturn, ann, fault, error):
    profile = avaturn.make_profile(ann)
    avaturn.fail_next("listUserAvatars", **fault)
    with pytest.raises(error):
        services.sync_profile(profile)
    services.sync_profile(profile)
    assert avaturn.calls == ["listUserAvatars"] * 2


def test_what_the_site_repeats_it_repeats_here(avaturn, ann):
    profile = avaturn.make_profile(ann)
    avaturn.configure(MAX_RETRIES=2)
    avaturn.fail_next("listUserAvatars", status=503, times=2)
    services.sync_profile(profile)
    assert avaturn.calls == ["listUserAvatars"] * 3


def test_connections_that_are_reset(avaturn, ann):
    avaturn.sandbox.fault_plan = FaultPlan(rate=1, kinds=["refused"])
    with pytest.raises(AvaturnUnavailable):
        services.get_profile(ann)
    assert avaturn.calls == []
    avaturn.sandbox.fault_plan = FaultPlan(rate=1, kinds=["reset"])
    with pytest.raises(AvaturnUnavailable):
        services.get_profile(ann)
    assert avaturn.calls == ["createUser"]


def test_an_operation_that_does_not_exist(avaturn):
    with pytest.raises(ValueError, match=r"'listAvatars'.*listUserAvatars"):
        avaturn.fail_next("listAvatars", status=500)
