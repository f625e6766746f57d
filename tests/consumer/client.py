"""The client, without Django's settings."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO
from uuid import UUID

from django_avaturn import client, services

HOSTS = (".avaturn.me",)


class Open:
    """A circuit of one's own."""

    def call(self, method: str, path: str) -> AbstractContextManager[object]:
        """Lets everything pass."""
        return nullcontext()


def ask(file: BinaryIO, kind: client.SessionType, format: client.RenderFormat) -> str:
    """Every call."""
    circuits: tuple[client.Circuit, ...] = (Open(), client.ClosedCircuit())
    api = client.AvaturnClient(token="t", timeout=(3, 10), max_retries=1, circuit=circuits[0])
    user: client.RemoteUser = api.create_user()
    listed: list[client.RemoteAvatar] = api.list_avatars(user.id, include_not_ready=True)
    config = client.SessionConfig(type=kind, avatar_id=listed[0].id)
    session: client.EditorSession = api.create_session(user.id, config)
    new: client.NewAvatar = api.create_avatar(user.id)
    api.upload_photos(new.upload_url, frontal=file, side_1=file, side_2=file, body_type="male")
    look: client.Customization = api.get_customization(new.avatar_id)
    api.set_customization(new.avatar_id, dressed(look, new.avatar_id))
    render: client.Render = api.create_render(new.avatar_id, "common/half_body", format=format)
    export: client.Export = services.get_client().create_export(new.avatar_id)
    fetch(export.url or "", file)
    api.delete_avatar(user.id, new.avatar_id)
    api.delete_user(user.id)
    return f"{session.url}{render.render_url}"


def dressed(look: client.Customization, asset: UUID) -> client.Customization:
    """With glasses."""
    worn = {**look.assets, "eyewear": client.Asset(id=asset, color="#aabbcc")}
    return client.Customization(assets=worn, body=look.body, bone_scale={"head": 0.1})


def fetch(url: str, file: BinaryIO) -> int:
    """Both kinds of file."""
    kind: client.FileKind = client.GLB
    got: client.Downloaded = client.download(
        url, file, hosts=HOSTS, kind=kind, max_bytes=10, timeout=(3, 10), deadline=60
    )
    return got.size + client.examine(file, client.IMAGE, max_bytes=10).size
