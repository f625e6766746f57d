"""What commands show while they work."""

from __future__ import annotations

from django.core.management.base import OutputWrapper


def overwrite(stdout: OutputWrapper, text: str) -> None:
    """Write over the last line, on a terminal only."""
    if stdout.isatty():
        stdout.write(f"\r\033[K{text}", ending="")
        stdout.flush()
