"""System checks. Each finding has a stable id, says what would break, and how to mend it.

A line of the hint that is indented is to be copied as it is. ``docs/checks.rst`` has a section on
each id.
"""

from .deployment import check_deployment
from .environment import SDK_FILE, check_environment
from .policies import check_policies
from .settings import check_settings

__all__ = [
    "SDK_FILE",
    "check_deployment",
    "check_environment",
    "check_policies",
    "check_settings",
]
