"""For the tests of those who use the app: Avaturn within the process, see docs/how-to/testing.rst.

Import it where Django is set up, that is in tests and fixtures. The pytest fixtures ``avaturn``
and ``avaturn_live`` come with the package and need no import.
"""

from .avaturn import Avaturn
from .cases import AvaturnMixin, LiveAvaturnMixin
from .line import OutsideHost
from .live import LiveAvaturn

__all__ = ["Avaturn", "AvaturnMixin", "LiveAvaturn", "LiveAvaturnMixin", "OutsideHost"]
