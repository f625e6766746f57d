"""A storage that leaves nothing behind."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage


class MemoryStorage(Storage):
    """Keeps ``files``, contents by name, for whoever has given it that dict.

    The dict, and not the storage, has the contents: Django makes a new storage each time a test
    changes ``STORAGES``. Like most storages in the cloud it has no ``path``.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def _open(self, name: str, mode: str = "rb") -> Any:
        if name not in self.files:
            raise FileNotFoundError(name)
        return ContentFile(self.files[name], name)

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        self.files[name] = content.read()
        return name

    def delete(self, name: str) -> None:
        """Forget a file, if there is one."""
        self.files.pop(name, None)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self.files

    def size(self, name: str) -> int:
        """Bytes of a file. Raises ``FileNotFoundError``."""
        return len(self._open(name))

    def url(self, name: str | None) -> str:
        """Its address below ``MEDIA_URL``, where nobody serves it."""
        return f"{settings.MEDIA_URL}{quote(name or '')}"
