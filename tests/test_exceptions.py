"""The tree of errors and what each of them carries."""

from __future__ import annotations

import copy
import pickle

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_avaturn import exceptions
from django_avaturn.exceptions import (
    AvatarNotReady,
    AvaturnConflict,
    AvaturnError,
    AvaturnGone,
    AvaturnInvalid,
    AvaturnNotConfigured,
    AvaturnNotFound,
    AvaturnOtherProject,
    AvaturnRejected,
    AvaturnThrottled,
    AvaturnTimeout,
    AvaturnUnauthorized,
    AvaturnUnavailable,
    ConsentRequired,
    CustomizationInvalid,
    DownloadFailed,
    DownloadRefused,
    FaceAnimationsRequired,
    FileRefused,
    NeedsApi,
    PictureInvalid,
    PictureNotWanted,
)

REJECTED = [
    AvaturnUnauthorized,
    AvaturnNotFound,
    AvaturnOtherProject,
    AvaturnConflict,
    AvaturnGone,
    AvaturnInvalid,
]
DOWNLOADS = [DownloadFailed, DownloadRefused]
REFUSALS = [AvaturnRejected, NeedsApi, FaceAnimationsRequired]
DIRECT = [AvaturnUnavailable, AvaturnTimeout, AvaturnThrottled, *REFUSALS, *DOWNLOADS]
ERRORS = [*DIRECT, *REJECTED, FileRefused]
VALUES = {AvatarNotReady, CustomizationInvalid, PictureInvalid, PictureNotWanted}
APART = {AvaturnError, AvaturnNotConfigured, ConsentRequired, *VALUES}


def test_the_tree() -> None:
    public = [value for value in vars(exceptions).values() if isinstance(value, type)]
    own = {kind for kind in public if kind.__module__ == exceptions.__name__}
    assert own == {*APART, *ERRORS}
    assert {kind: kind.__base__ for kind in own - APART} == {
        **{kind: AvaturnError for kind in DIRECT},
        **{kind: AvaturnRejected for kind in REJECTED},
        FileRefused: DownloadRefused,
    }


def test_a_broad_except_does_not_hide_a_missing_token() -> None:
    assert not issubclass(AvaturnNotConfigured, AvaturnError)
    assert issubclass(AvaturnNotConfigured, ImproperlyConfigured)


@pytest.mark.parametrize(
    ("details", "text"),
    [
        ({}, "Reason."),
        ({"method": "GET", "path": "/a/{id}"}, "GET /a/{id}: Reason."),
        ({"method": "GET", "path": "/a", "status": 404}, "GET /a: Reason."),
        (
            {"method": "GET", "path": "/a", "request_id": "r-1"},
            "GET /a: Reason. (request id r-1)",
        ),
    ],
)
def test_text(details: dict[str, str], text: str) -> None:
    assert str(AvaturnError("Reason.", **details)) == text


def test_nothing_is_known_yet() -> None:
    error = AvaturnThrottled("Reason.")
    assert (error.method, error.path, error.status, error.request_id) == ("", "", None, "")
    assert (error.asked, error.retry_after) == (True, None)
    assert AvaturnInvalid("Reason.").fields == ()


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("duplicate", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_errors_can_be_copied(kind: type[AvaturnError], duplicate: object) -> None:
    error = kind("Reason.", method="GET", path="/a", status=404, request_id="r-1")
    twin = duplicate(error)
    assert type(twin) is kind
    assert (str(twin), vars(twin)) == (str(error), vars(error))
