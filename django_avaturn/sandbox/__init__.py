"""A local stand-in of the Avaturn service: API, files and editor page.

It imports neither Django nor anything else outside the standard library::

    with SandboxServer(Sandbox()) as server:
        print(server.url)
"""

from .editor import draw_ahead
from .faults import Fault
from .messages import Call, Request, Response
from .plan import FaultPlan
from .server import SandboxServer
from .service import DEFAULT_TOKENS, AvatarView, Sandbox, UserView
from .uploads import Photo, Upload
from .webhooks import Webhook

__all__ = [
    "DEFAULT_TOKENS",
    "AvatarView",
    "Call",
    "Fault",
    "FaultPlan",
    "Photo",
    "Request",
    "Response",
    "Sandbox",
    "SandboxServer",
    "Upload",
    "UserView",
    "Webhook",
    "draw_ahead",
]
