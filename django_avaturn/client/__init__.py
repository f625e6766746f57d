"""HTTP to Avaturn: a typed client that knows neither models nor settings."""

from .api import AvaturnClient
from .circuit import Circuit, ClosedCircuit
from .customization import Asset, Customization
from .download import download
from .filekinds import GLB, IMAGE, Downloaded, FileKind, examine
from .types import (
    EditorSession,
    Export,
    NewAvatar,
    RemoteAvatar,
    RemoteUser,
    Render,
    RenderFormat,
    SessionConfig,
    SessionType,
)

__all__ = [
    "GLB",
    "IMAGE",
    "Asset",
    "AvaturnClient",
    "Circuit",
    "ClosedCircuit",
    "Customization",
    "Downloaded",
    "EditorSession",
    "Export",
    "FileKind",
    "NewAvatar",
    "RemoteAvatar",
    "RemoteUser",
    "Render",
    "RenderFormat",
    "SessionConfig",
    "SessionType",
    "download",
    "examine",
]
