"""A storage that shows a file while it is still being written, as many on a network do."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage


class PiecewiseStorage(FileSystemStorage):
    """Copies, piece by piece, right under the final name."""

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as target:
            for piece in content.chunks():
                self.write_piece(target, piece)
        return name

    def write_piece(self, target: IO[bytes], piece: bytes) -> None:
        target.write(piece)
        target.flush()
