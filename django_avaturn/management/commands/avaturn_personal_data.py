"""Answers a request for access: all that the site holds about one user, as a zip."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import services


class Command(BaseCommand):
    """``manage.py avaturn_personal_data USER``: ``data.json``, models and portraits in one zip."""

    help = (
        "Writes everything the site holds about one user's avatars into a zip: data.json, models "
        "and portraits. The file can be read by this account alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who it is about, and where it goes."""
        parser.add_argument("user", metavar="USER", help="What the user logs in with.")
        parser.add_argument("--pk", action="store_true", help="USER is the primary key instead.")
        parser.add_argument("--output", metavar="FILE.zip", type=Path, help="Where it goes.")
        parser.add_argument("--force", action="store_true", help="Overwrite an existing file.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say how much it is."""
        user = _find(options["user"], by_pk=options["pk"])
        data = services.personal_data(user)
        if not data:
            self.stdout.write("The site holds nothing about this user's avatars.")
            return
        path = options["output"] or Path(f"avaturn-personal-data-{data['profile']['id']}.zip")
        with _new_file(path, force=options["force"]) as file:
            data = services.write_personal_data(user, file, self._progress)
            if not data:
                raise CommandError("The user's data was erased this very moment.")
        self._overwrite("")
        self._tell(path, data)

    def _tell(self, path: Path, data: dict[str, Any]) -> None:
        rows = [row for avatar in data["avatars"] for row in avatar["files"]]
        there = sum(bool(row["file"]) + bool(row["thumbnail"]) for row in rows)
        missing = sum(len(row.get("missing", ())) for row in rows)
        self.stdout.write(f"{path}: avatars: {len(data['avatars'])}, files: {there - missing}")
        if missing:
            self.stderr.write(
                f"Not in the storage any more: {missing}. In data.json their rows say 'missing'; "
                "'Fetch again' in the admin brings them from Avaturn."
            )

    def _progress(self, done: int, total: int) -> None:
        self._overwrite(f"{done} of {total} files")

    def _overwrite(self, text: str) -> None:
        """Write over the last line, on a terminal only."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\033[K{text}", ending="")
            self.stdout.flush()


def _find(name: str, *, by_pk: bool) -> Any:
    users = get_user_model()._default_manager
    field = "pk" if by_pk else get_user_model().USERNAME_FIELD  # pyright: ignore[reportArgumentType]
    try:
        return users.get(**{field: name})  # pyright: ignore[reportCallIssue]
    except (ObjectDoesNotExist, ValueError, ValidationError):
        other = "Leave --pk out if this is what the user logs in with."
        told = other if by_pk else "With --pk it is taken for a primary key."
        raise CommandError(f"No user has the {field} {name!r}. {told}") from None


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that only this account can read. It is there under its name once it is whole."""
    if path.exists() and not force:
        raise CommandError(f"{path} exists. Name another file with --output, or use --force.")
    try:
        handle, draft = tempfile.mkstemp(suffix=".part", dir=path.parent)
        try:
            with open(handle, "wb") as file:
                yield file
            os.replace(draft, path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        told = f"{path} could not be written, or a stored file not be read"
        raise CommandError(f"{told}: {error.strerror or error}.") from error
