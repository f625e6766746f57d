"""AvaturnClient: one short method for each endpoint of the developer API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, BinaryIO, Literal, TypeVar
from uuid import UUID

from ..exceptions import AvaturnNotConfigured, AvaturnUnavailable
from .circuit import Circuit, ClosedCircuit
from .customization import Customization
from .transport import Transport
from .types import (
    EditorSession,
    Export,
    NewAvatar,
    RemoteAvatar,
    RemoteUser,
    Render,
    RenderFormat,
    SessionConfig,
)

T = TypeVar("T")

Ids = Mapping[str, object]

USER = "/api/v1/users/{user_id}"
CUSTOMIZATION = "/api/v1/avatars/{id}/customization"


class AvaturnClient:
    """The developer API of one avaturn.me project.

    ``token`` is the project's API token, ``base_url`` scheme and host, ``timeout`` seconds (one
    number, or connect and read), ``max_retries`` how often a call that is safe to repeat is
    repeated. ``circuit`` decides for each call of the API whether Avaturn is asked, by default
    always; links to other hosts are none of its business. Instances are cheap and may be shared by
    threads: the connections are pooled per process. Works without Django's settings.

    Every method raises ``AvaturnUnavailable``, ``AvaturnTimeout``, ``AvaturnThrottled`` or a kind
    of ``AvaturnRejected``. Endpoints, fields and defaults are those of Avaturn's API reference.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://api.avaturn.me",
        timeout: float | tuple[float, float] = 10.0,
        max_retries: int = 2,
        circuit: Circuit | None = None,
    ) -> None:
        if not token:
            raise AvaturnNotConfigured(
                "AVATURN has no API_TOKEN. Set AVATURN = {'API_TOKEN': '…'} in the settings, or "
                "AVATURN_API_TOKEN in the environment. 'manage.py avaturn_sandbox' needs no "
                "account: its token is 'sandbox-token'."
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise AvaturnNotConfigured("AVATURN's API_TOKEN holds spaces or other odd characters.")
        self._transport = Transport(token, base_url, timeout, max_retries)
        self._circuit = circuit or ClosedCircuit()

    def create_user(self) -> RemoteUser:
        """Make an anonymous user. Never repeated: each call makes a new one."""
        return self._ask(RemoteUser.parse, "POST", "/api/v1/users/new")

    def delete_user(self, user_id: str) -> None:
        """Delete a user with photos, avatars and cached exports."""
        self._ask(_done, "DELETE", USER, {"user_id": user_id})

    def create_session(self, user_id: str, config: SessionConfig | None = None) -> EditorSession:
        """Make a short-lived link into the editor, good for one opening."""
        config = config or SessionConfig()
        body = {"user_id": user_id, "config": config.as_json()}
        parse = partial(EditorSession.parse, type=config.type)
        return self._ask(parse, "POST", "/api/v1/sessions/new", body=body)

    def list_avatars(self, user_id: str, *, include_not_ready: bool = False) -> list[RemoteAvatar]:
        """A user's avatars: the ready ones, or with ``include_not_ready`` all of them."""
        params = {"include_not_ready": "true"} if include_not_ready else None
        ids = {"user_id": user_id}
        return self._ask(RemoteAvatar.parse_list, "GET", f"{USER}/avatars", ids, params=params)

    def delete_avatar(self, user_id: str, avatar_id: UUID) -> None:
        """Delete one avatar and its data."""
        ids = {"user_id": user_id, "avatar_id": avatar_id}
        self._ask(_done, "DELETE", f"{USER}/avatars/{{avatar_id}}", ids)

    def create_avatar(self, user_id: str) -> NewAvatar:
        """Reserve an avatar and get the link that takes its photos."""
        body = {"user_id": user_id}
        return self._ask(NewAvatar.parse, "POST", "/api/v1/avatars/new", body=body)

    def upload_photos(
        self,
        upload_url: str,
        *,
        frontal: BinaryIO,
        side_1: BinaryIO,
        side_2: BinaryIO,
        body_type: Literal["male", "female"],
        telephoto: bool = False,
    ) -> None:
        """Send the three photos (JPEG, from binary files that can seek) of a reserved avatar.

        Goes out without the token: the link is the permission. The files are sent whole, as they
        are read, and never again; in all it may take 6 times as long as any other call. A kind of
        ``AvaturnRejected`` means that the upload host does not take these photos.
        """
        photos = {"image-frontal": frontal, "image-side-1": side_1, "image-side-2": side_2}
        fields = {"body-type": body_type, "telephoto": "true" if telephoto else "false"}
        self._transport.upload(upload_url, fields, photos)

    def get_customization(self, avatar_id: UUID) -> Customization:
        """What an avatar wears. Undefined for uploaded photos until one was written."""
        return self._ask(Customization.parse, "GET", CUSTOMIZATION, {"id": avatar_id})

    def set_customization(self, avatar_id: UUID, customization: Customization) -> None:
        """Replace what an avatar wears, with nothing checked before.

        Raises ``AvaturnConflict`` for an asset in a wrong slot, ``AvaturnGone`` for a lost one.
        """
        body = customization.as_json()
        self._ask(_done, "PUT", CUSTOMIZATION, {"id": avatar_id}, body=body)

    def create_render(self, avatar_id: UUID, scene: str, *, format: RenderFormat = "jpg") -> Render:
        """Start a picture. Only the ``render.ready`` webhook brings the result."""
        params = {"avatar_id": str(avatar_id), "scene": scene, "format": format}
        return self._ask(Render.parse, "POST", "/api/v1/renders/new", params=params)

    def create_export(self, avatar_id: UUID) -> Export:
        """Start the GLB of the avatar's current version, or get its link if it is made already."""
        params = {"avatar_id": str(avatar_id)}
        return self._ask(Export.parse, "POST", "/api/v1/exports/new", params=params)

    def _ask(
        self, parse: Callable[[object], T], method: str, path: str, *ids: Ids, **options: Any
    ) -> T:
        """Call, unless the circuit forbids it, and read the answer with ``parse``."""
        with self._circuit.call(method, path):
            payload = self._transport.call(method, path, *ids, **options)
            try:
                return parse(payload)
            except (KeyError, TypeError, ValueError):
                pass
            reason = "Avaturn's answer has another form than its documentation says."
            raise AvaturnUnavailable(reason, method=method, path=path)


def _done(payload: object) -> None:
    """For calls of which only the status counts."""
