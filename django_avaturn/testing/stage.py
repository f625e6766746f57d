"""What surrounds a test: the sandbox, the way to it, and the settings that lead there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from django.test import override_settings

from ..client.network import carried_by
from ..sandbox import Sandbox
from ..services.connection import get_circuit
from . import environment
from .builders import Builder
from .commits import Commits
from .line import Fence, Line

STORAGE = "django_avaturn.testing.storage.MemoryStorage"


class Stage:
    """Sets up a sandbox within the process, and takes everything down again."""

    def __init__(self, **settings: Any) -> None:
        self._given = settings
        self._files: dict[str, bytes] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.sandbox, self._fence, self.origin = self._serve(stack)
            stack.enter_context(carried_by(self._fence))
            self._switch()
            keys = environment.keys_for(self.origin, self.origin.partition("//")[2])
            storage, more = self._storage(stack)
            self._settings = environment.SiteSettings({**keys, **self._given}, storage, more)
            stack.enter_context(self._settings.in_force(self._override))
            stack.callback(get_circuit().reset)
            self._builder = Builder(self.sandbox, self.origin)
            self._commits = Commits()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if error is None:
            self._report_astray()

    def _serve(self, stack: ExitStack) -> tuple[Sandbox, Fence, str]:
        """The sandbox, the way to it, and its address, which no other test has."""
        sandbox, host = Sandbox(tokens=[environment.TOKEN]), f"{uuid4().hex[:12]}.avaturn.test"
        return sandbox, Line(sandbox, host), f"https://{host}"

    def _override(self, values: Mapping[str, Any]) -> AbstractContextManager[object]:
        """Set some of Django's settings for as long as this lasts."""
        return override_settings(**values)

    def _storage(self, stack: ExitStack) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """An entry for ``STORAGES``, and what else is to be set."""
        return {"BACKEND": STORAGE, "OPTIONS": {"files": self._files}}, {}

    def _switch(self) -> None:
        """Nobody wants to wait, and a link is shorter than a model."""
        self.sandbox.processing_seconds = 0
        self.sandbox.plain_pictures = True
        self.sandbox.export_kind = "httpURL"

    def _report_astray(self) -> None:
        if self._fence.astray:
            raise self._fence.astray.pop(0)

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Go back, at the end, to what there is now: users, avatars, files and settings.

        What waits for a commit is counted anew. For a mixture of what many tests share and what
        is a single one's; `AvaturnMixin` puts one around each test.
        """
        state, files, commits = copy.deepcopy(self.sandbox.state), dict(self._files), self._commits
        self._commits = Commits()
        try:
            with self._settings.changes_undone():
                yield
        finally:
            self._commits = commits
            self._files.clear()
            self._files.update(files)
            self.sandbox.reset()
            self.sandbox.state = state
            self._switch()
            get_circuit().reset()

    def configure(self, **keys: Any) -> None:
        """Change keys of the site's ``AVATURN`` for the rest of the test."""
        self._settings.change(keys)

    def use_free_plan(self) -> None:
        """Be a project on Avaturn's plan without API for the rest of the test."""
        self._settings.change(environment.free_plan(self.origin))
