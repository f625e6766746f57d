"""Files on their way into the storage, so that none is left behind or half there.

A ``FileDeletion`` is written down first, as a guard; the transaction that ties the file to its
row takes the guard back. Wherever the process dies, the guard comes due and removes what is left.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.core.files import File
from django.db import router, transaction
from django.utils import timezone

from .. import signals
from ..models import AvatarFile, FileDeletion
from ..models.files import SITE_STORAGE, file_name

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:  # the generic form exists for type checkers only
    BytesFile = File

GUARD_SECONDS = 3600.0
"""How long a file may take to get into the storage before it counts as left behind."""

STORED = {"model": signals.model_stored, "portrait": signals.portrait_stored}


class Incoming(BytesFile):
    """A temporary file that only this account can read, and its future name in the storage.

    The storage may move it instead of copying, because it has a ``temporary_file_path``.
    """

    def __init__(self, file: IO[bytes], guard: FileDeletion, content_type: str) -> None:
        super().__init__(file, name=guard.name)
        self.guard = guard
        self.content_type = content_type
        self.started = False

    def temporary_file_path(self) -> str:
        """Where it lies now."""
        return str(temporary_path(self.guard.name))

    def store(self) -> str:
        """Put it into the storage; returns the name there."""
        self.started = True
        self.flush()
        self.seek(0)
        stored = SITE_STORAGE.save(self.guard.name, self)
        self.close()
        Path(self.temporary_file_path()).unlink(missing_ok=True)  # while there is a guard
        if stored != self.guard.name:  # the storage has names of its own
            self.guard.name = stored
            self.guard.save(update_fields=["name"])
        return stored


def temporary_path(name: str) -> Path:
    """Where a file waits that will be called ``name`` in the storage."""
    return Path(django_settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir(), Path(name).name)


@contextmanager
def incoming(filename: str, content_type: str) -> Iterator[Incoming]:
    """An empty file to write to. What has not been kept when the block ends is removed."""
    due_at = timezone.now() + timedelta(seconds=GUARD_SECONDS)
    guard = FileDeletion.objects.create(name=file_name(None, filename), due_at=due_at)
    path = temporary_path(guard.name)
    opener = partial(os.open, mode=0o600)
    file = None
    try:
        with Incoming(open(path, "xb+", opener=opener), guard, content_type) as file:
            yield file
    finally:
        path.unlink(missing_ok=True)
        if FileDeletion.objects.filter(pk=guard.pk).exists():
            guard.restart() if file is not None and file.started else guard.delete()


def keep(row: AvatarFile, files: Mapping[str, Incoming], **facts: Any) -> bool:
    """Store the files and tie them to ``row``, which has to be claimed.

    ``files`` are by field name, ``facts`` go into the row as well. What the row had before is
    removed after the commit. Returns False, and keeps nothing, where the row has been asked for
    anew, deleted, or taken by somebody else meanwhile. Sends ``model_stored`` or
    ``portrait_stored`` after the commit. Raises what the storage raises.
    """
    current = AvatarFile.objects.filter(pk=row.pk).first()  # with what it has by now
    if current is None:
        return False
    names = {field: file.store() for field, file in files.items()}
    using = router.db_for_write(AvatarFile)
    guards = FileDeletion.objects.filter(pk__in=[file.guard.pk for file in files.values()])
    with transaction.atomic(using):
        kept = row.finish(**names, **facts, stored_at=timezone.now())
        kept = kept and guards.still_free().delete()[0] == len(files)
        if kept:
            discard(current.names)
            notify = partial(STORED[row.kind].send_robust, AvatarFile, file=row, avatar=row.avatar)
            transaction.on_commit(notify, using=using)
        transaction.set_rollback(not kept, using)
    if not kept:
        discard(list(names.values()))  # even where a guard came due, and went, before
    return kept


def discard(names: list[str]) -> None:
    """Have these names removed from the storage after the commit."""
    for name in names:
        FileDeletion.objects.create(name=name)
