"""Errors as JSON: ``{"code", "detail"}``, and ``errors`` by field where input did not fit."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import (
    ImproperlyConfigured,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ..exceptions import (
    AvatarNotReady,
    AvaturnError,
    AvaturnGone,
    AvaturnNotFound,
    AvaturnThrottled,
    AvaturnTimeout,
    AvaturnUnavailable,
    ConsentRequired,
    DownloadFailed,
    DownloadRefused,
    FaceAnimationsRequired,
    FileRefused,
    NeedsApi,
    PictureInvalid,
    PictureNotWanted,
)

Row = tuple[int, str, Any]

# From the most special to the most general; the first that fits counts. Upstream's own text is
# never passed on.
UPSTREAM: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Row], ...] = (
    (
        ImproperlyConfigured,
        (503, "not_configured", _("Avatars are not set up on this site yet. Tell its operators.")),
    ),
    (
        AvaturnTimeout,
        (504, "avaturn_timeout", _("The avatar service is slow right now. Try again in a moment.")),
    ),
    (
        AvaturnThrottled,
        (503, "avaturn_throttled", _("The avatar service is busy. Try again in a minute.")),
    ),
    (
        AvaturnUnavailable,
        (502, "avaturn_unavailable", _("The avatar service cannot be reached. Try again later.")),
    ),
    (
        (AvaturnNotFound, AvaturnGone),
        (
            410,
            "avatar_gone",
            _("The avatar service does not have this avatar any more. Make a new one."),
        ),
    ),
    (
        NeedsApi,
        (409, "needs_api", _("This needs Avaturn's API, which this site's plan does not include.")),
    ),
    (
        FaceAnimationsRequired,
        (
            409,
            "face_animations_required",
            _("Only avatars with face animations are taken here. Make one of that kind."),
        ),
    ),
    (
        FileRefused,
        (
            400,
            "file_refused",
            _("This model is damaged, too large or of another kind. Export the avatar again."),
        ),
    ),
    (
        DownloadRefused,
        (
            400,
            "link_refused",
            _("The model may not be fetched from there. Tell the site's operators."),
        ),
    ),
    (
        DownloadFailed,
        (502, "avaturn_unavailable", _("The model could not be fetched. Export it again.")),
    ),
    (
        AvaturnError,
        (502, "avaturn_rejected", _("The avatar service refused this. Tell the site's operators.")),
    ),
)


class TooLarge(exceptions.APIException):
    """The body is longer than the site's ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("That is too much data. Leave a data URL out: the model comes by itself.")
    default_code = "too_large"


class PictureRefused(exceptions.APIException):
    """The picture that a browser sent cannot be read."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("This picture cannot be used. Send a JPEG, PNG or WebP file.")
    default_code = "picture_invalid"


class PictureLate(exceptions.APIException):
    """There is no picture to replace."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("No picture of this version is needed. Reload the page.")
    default_code = "picture_not_wanted"


class NotReady(exceptions.APIException):
    """The avatar is still in the making."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This avatar is not ready to be changed yet.")
    default_code = "not_ready"


class ConsentMissing(exceptions.APIException):
    """Somebody has yet to agree to the site's consent text, or to its new version."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _(
        "Agree to this site's text on your photos first, and send its version as 'consent'. If you "
        "have done so, the text has changed: reload the page."
    )
    default_code = "consent_required"


FRAMEWORK: tuple[
    tuple[type[Exception] | tuple[type[Exception], ...], type[exceptions.APIException]], ...
] = (
    ((ObjectDoesNotExist, Http404), exceptions.NotFound),
    (ConsentRequired, ConsentMissing),
    (PermissionDenied, exceptions.PermissionDenied),
    (RequestDataTooBig, TooLarge),
    # JSON nested too deeply, a form of too many parts
    ((RecursionError, SuspiciousOperation), exceptions.ParseError),
    (PictureInvalid, PictureRefused),
    (PictureNotWanted, PictureLate),
    (AvatarNotReady, NotReady),
)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Any error that a person can get, as a stable code and a sentence that says what to do."""
    response = _upstream(error) or _framework(error)
    if response is not None:
        set_rollback()
    return response


def _upstream(error: Exception) -> Response | None:
    for kind, (http_status, code, detail) in UPSTREAM:
        if isinstance(error, kind):
            retry_after = getattr(error, "retry_after", None)
            headers = {"Retry-After": str(int(retry_after) + 1)} if retry_after else None
            return Response({"code": code, "detail": detail}, http_status, headers=headers)
    return None


def _framework(error: Exception) -> Response | None:
    for kind, ours in FRAMEWORK:
        if isinstance(error, kind):
            error = ours()
    if not isinstance(error, exceptions.APIException):
        return None
    body: dict[str, Any] = {"code": error.default_code, "detail": error.detail}
    if errors := getattr(error, "errors", None):
        body["errors"] = errors
    if isinstance(error, exceptions.ValidationError):
        body = {
            "code": "invalid",
            "detail": _("Some of the values sent do not fit; see 'errors'."),
            "errors": error.detail,
        }
    return Response(body, error.status_code, headers=_headers(error))


def _headers(error: exceptions.APIException) -> dict[str, str]:
    authenticate = getattr(error, "auth_header", None)
    headers = {"WWW-Authenticate": authenticate} if authenticate else {}
    wait = getattr(error, "wait", None)
    if wait and error.status_code == status.HTTP_429_TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
