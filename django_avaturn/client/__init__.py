"""HTTP to Avaturn: a typed client that knows neither models nor settings."""

from .api import AvaturnClient
from .types import (
    Customization,
    EditorSession,
    Export,
    NewAvatar,
    RemoteAvatar,
    RemoteUser,
    Render,
    SessionConfig,
    SessionType,
)

__all__ = [
    "AvaturnClient",
    "Customization",
    "EditorSession",
    "Export",
    "NewAvatar",
    "RemoteAvatar",
    "RemoteUser",
    "Render",
    "SessionConfig",
    "SessionType",
]
