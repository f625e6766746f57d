"""What the site knows of its users' avatars, and the work that must survive."""

from .deletion import FileDeletion, RemoteDeletion
from .files import AvatarFile
from .job import Job
from .owners import Guest
from .profile import Avatar, AvaturnProfile
from .webhook import WebhookEvent

__all__ = [
    "Avatar",
    "AvatarFile",
    "AvaturnProfile",
    "FileDeletion",
    "Guest",
    "Job",
    "RemoteDeletion",
    "WebhookEvent",
]
