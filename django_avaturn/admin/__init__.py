"""Avatars, profiles and the work behind them in Django's admin. Lists never call Avaturn."""

from .avatars import AvatarAdmin
from .base import Button, MirrorAdmin
from .profiles import ProfileAdmin
from .work import AvatarFileAdmin, FileDeletionAdmin, RemoteDeletionAdmin, WebhookEventAdmin

__all__ = [
    "AvatarAdmin",
    "AvatarFileAdmin",
    "Button",
    "FileDeletionAdmin",
    "MirrorAdmin",
    "ProfileAdmin",
    "RemoteDeletionAdmin",
    "WebhookEventAdmin",
]
