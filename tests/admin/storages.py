"""Storages as sites have them: one that signs its addresses, one that is not on the web."""

from __future__ import annotations

from django.core.files.storage import FileSystemStorage


class Signed(FileSystemStorage):
    """Like a bucket: each address carries a signature."""

    def url(self, name: str | None) -> str:
        return f"https://bucket.example/{name}?Expires=60&Signature=abc"


class OffTheWeb(FileSystemStorage):
    """Files that no address leads to."""

    def url(self, name: str | None) -> str:
        raise NotImplementedError
