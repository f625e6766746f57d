"""What can go wrong.

``AvaturnError`` and below: Avaturn was asked and it did not work out. They carry method, path
template, HTTP status and request id, and never a token, a link, an id or a body.
``AvaturnNotConfigured`` stands apart, so that a broad ``except AvaturnError`` cannot hide it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured, PermissionDenied


class AvaturnNotConfigured(ImproperlyConfigured):
    """The site has no API token yet."""


class AvaturnError(Exception):
    """Any failure of a call to Avaturn.

    ``method`` and ``path`` (a template such as ``/api/v1/users/{user_id}``) say which call,
    ``status`` is the HTTP status or None where there was no answer, ``request_id`` is the
    server's own name for the exchange, where it told one. ``asked`` is False where Avaturn was
    sent nothing: no connection came about, or it has been down for a while and was not even tried.
    ``retry_after`` is after how many seconds another call makes sense, None where nobody knows.
    """

    asked = True
    retry_after: float | None = None

    def __init__(
        self,
        reason: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(reason)
        self.method = method
        self.path = path
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        call = f"{self.method} {self.path}: " if self.path else ""
        request_id = f" (request id {self.request_id})" if self.request_id else ""
        return f"{call}{self.args[0]}{request_id}"


class AvaturnUnavailable(AvaturnError):
    """Not reached, a server error, or an answer that makes no sense. Try again later.

    ``retry_after`` is known where Avaturn has been down for a while.
    """


class AvaturnTimeout(AvaturnError):
    """No answer within the time limit. Unless ``asked`` is False, it may have taken effect."""


class AvaturnThrottled(AvaturnError):
    """Too many requests. ``retry_after`` is None where Avaturn did not say."""


class AvaturnRejected(AvaturnError):
    """Avaturn understood and said no (a 4xx status). Repeating will not help."""


class AvaturnUnauthorized(AvaturnRejected):
    """The token is wrong, or the project's plan does not include the API (401, 402, 403)."""


class AvaturnNotFound(AvaturnRejected):
    """No such user or avatar in this project (404)."""


class AvaturnOtherProject(AvaturnRejected):
    """Avaturn knows none of the remote users that this database knows: no 404 counts for gone.

    Not an ``AvaturnNotFound``, which code may take for the success of a deletion.
    """

    def __init__(
        self,
        reason: str = (
            "Avaturn knows none of this database's users, so nothing is taken for gone. API_TOKEN "
            "is another project's, or a sandbox has lost its state. Set the right token, or in a "
            "copy of a database add --forget-unknown to 'manage.py avaturn_process' or "
            "'avaturn_sync'."
        ),
        **details: Any,
    ) -> None:
        super().__init__(reason, **details)


class AvaturnConflict(AvaturnRejected):
    """A customisation puts an asset into a slot of another kind (409).

    ``asset_id`` and ``slot`` say which, where Avaturn told; else they are None and "".
    """

    asset_id: UUID | None = None
    slot: str = ""


class AvaturnGone(AvaturnRejected):
    """A customisation names assets that no longer exist (410): ``asset_ids``, where told."""

    asset_ids: tuple[UUID, ...] = ()


class AvaturnInvalid(AvaturnRejected):
    """The request does not fit the API's schema (422). ``fields`` names what did not."""

    fields: tuple[str, ...] = ()


class NeedsApi(AvaturnError):
    """This needs Avaturn's API, which the site's plan does not include."""


class FaceAnimationsRequired(AvaturnError):
    """The avatar has no face animations, and the site takes no others."""


class ConsentRequired(PermissionDenied):
    """The user has yet to agree to the site's consent text of this ``version``."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version

    def __str__(self) -> str:
        return f"The user has not agreed to the version {self.version!r} of the consent text."


class AvatarNotReady(Exception):
    """An avatar that is still in the making, or has failed, cannot be changed."""


class CustomizationInvalid(ValueError):
    """A customisation holds what it may not.

    ``errors`` has a list of sentences by field; for ``assets`` and ``bone_scale`` it has one by
    slot and by bone.
    """

    def __init__(self, errors: dict[str, list[str] | dict[str, list[str]]]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return f"The customisation has errors in: {', '.join(self.errors)}."


class PictureInvalid(ValueError):
    """A picture cannot be used; the text says why."""


class PictureNotWanted(Exception):
    """There is no picture to replace, or the model has changed since it was taken."""


class DownloadFailed(AvaturnError):
    """A file did not arrive whole. Another attempt, or a new link, may help."""

    permanent = False


class DownloadRefused(AvaturnError):
    """A file is not fetched from there. ``permanent``: not before somebody changes something."""

    def __init__(self, reason: str, *, permanent: bool = True, **details: Any) -> None:
        super().__init__(reason, **details)
        self.permanent = permanent


class FileRefused(DownloadRefused):
    """A file, fetched or uploaded, is of another kind, damaged (both may pass) or too large."""
