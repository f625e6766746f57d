"""Where the races take place: a site with its sandbox, and what is true of it in the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.dispatch import Signal
from django.test import Client
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    Job,
    RemoteDeletion,
    WebhookEvent,
)
from django_avaturn.sandbox import Sandbox

from .race import Outcome

JSON = {"content_type": "application/json"}
WEBHOOK_SECRET = "webhook-secret-of-the-races-71c0"
PASSES = 3
"""Of ``avaturn_process`` after a race. Avaturn makes a model by the second question."""


class Scene:
    """A site, and whatever a race puts on it."""

    def __init__(self, sandbox: Sandbox, settings: Any) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.outcomes: list[Outcome] = []
        self.heard: list[dict[str, Any]] = []
        self._listening: list[Signal] = []
        self.ann = self.user("ann")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The race has not prepared {name!r}.")

    def user(self, name: str) -> Any:
        return get_user_model().objects.create_user(name)

    def browser(self, owner: Any = None) -> Client:
        client = Client()
        client.force_login(owner or self.ann)
        return client

    def profile(self, owner: Any = None) -> AvaturnProfile:
        return services.get_profile(owner or self.ann)

    def remote_avatar(self, profile: AvaturnProfile) -> UUID:
        """One that only Avaturn knows of."""
        return UUID(self.sandbox.add_avatar(profile.avaturn_id or ""))

    def avatar(self, owner: Any = None) -> Avatar:
        """One that both know of, without files."""
        profile = self.profile(owner)
        pk = self.remote_avatar(profile)
        services.sync_profile(profile)
        return Avatar.objects.select_related("profile").get(pk=pk)

    def stored(self, owner: Any = None) -> Avatar:
        """One that is active, with its model in the storage."""
        avatar = self.avatar(owner)
        services.record_export(owner or self.ann, avatar.pk, {})
        jobs.run_due(AvatarFile)
        assert avatar.files.get(kind="model").file
        return avatar

    def edit(self, avatar: Avatar) -> None:
        """Have the model differ, as after a visit to the editor, and made already."""
        client = services.get_client()
        client.set_customization(avatar.pk, client.get_customization(avatar.pk))
        client.create_export(avatar.pk)

    def listen(self, signal: Signal) -> None:
        """Hear every ``signal`` of this round."""
        self._listening.append(signal)
        signal.connect(self._hear)

    def _hear(self, **told: Any) -> None:
        self.heard.append(told)

    def webhooks(self) -> None:
        """Have Avaturn tell of what it has made, by and by."""
        self.sandbox.at_once = False
        self.settings.AVATURN = {**self.settings.AVATURN, "WEBHOOK_SECRETS": [WEBHOOK_SECRET]}
        self.sandbox.deliver = self.told

    def told(self, body: bytes | dict[str, Any]) -> int:
        """Take a webhook in; returns the status of the answer."""
        return Client().post(f"/avatar/webhooks/{WEBHOOK_SECRET}/", body, **JSON).status_code

    def settle(self) -> None:
        """As if so much time had gone by that all is tried that is to be tried again."""
        for _ in range(PASSES):
            if not self.waiting():
                return
            for model in (AvatarFile, RemoteDeletion, WebhookEvent):
                pending = model.objects.filter(state=Job.State.PENDING)
                pending.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
                pending.update(claimed_until=None)
            if self.sandbox.deliver:
                self.sandbox.deliver_webhooks()
            call_command("avaturn_process", stdout=StringIO())

    def waiting(self) -> bool:
        """Whether anything is left to be done."""
        if self.sandbox.deliver and self.sandbox.outbox.seconds() is not None:
            return True
        rows = [model.objects.filter(state=Job.State.PENDING) for model in jobs.HANDLERS]
        return any(row.exclude(due_at=None).exists() for row in rows)

    def files(self) -> set[str]:
        """What is in the storage, by name."""
        root = Path(self.settings.MEDIA_ROOT)
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def remote_avatars(self) -> dict[str, str]:
        """The avatars at Avaturn, with their users."""
        return {pk: user.id for user in self.sandbox.users.values() for pk in user.avatars}

    def check(self, losing: tuple[type[Exception], ...]) -> None:
        """What is true of a site whatever has happened."""
        self._check_outcomes(losing)
        self._check_work()
        self._check_files()
        self._check_owners()

    def _check_outcomes(self, losing: tuple[type[Exception], ...]) -> None:
        for outcome in self.outcomes:
            if outcome.error and not isinstance(outcome.error, losing):
                raise outcome.error
            assert getattr(outcome.result, "status_code", 200) < 500

    def _check_work(self) -> None:
        for model in jobs.HANDLERS:
            rows = model.objects.exclude(state=Job.State.READY)
            left = list(rows.exclude(state=Job.State.PENDING, due_at=None).values())
            assert not left, f"{model.__name__} left: {left}"
            assert not model.objects.exclude(claimed_until=None).exists()
        assert not FileDeletion.objects.exists()

    def _check_files(self) -> None:
        rows = list(AvatarFile.objects.all())
        assert self.files() == {name for row in rows for name in row.names}
        assert all(row.file for row in rows if row.state == Job.State.READY)
        lying_about = [p for p in Path(self.settings.FILE_UPLOAD_TEMP_DIR).iterdir() if p.is_file()]
        assert lying_about == []

    def _check_owners(self) -> None:
        profiles = list(AvaturnProfile.objects.all())
        avatars = list(Avatar.objects.exclude(avaturn_id=""))
        needed = {one.avaturn_id for one in (*profiles, *avatars)} - {None}
        assert self.sandbox.users.keys() == needed
        for profile in profiles:
            shown = profile.active_avatar
            assert shown is None or shown.profile_id == profile.pk
            assert profile.claimed_until is None
        there = {str(avatar.pk): avatar.avaturn_id for avatar in avatars if not avatar.gone_at}
        assert there.items() <= self.remote_avatars().items()

    def clear(self) -> None:
        """For the next round."""
        for signal in self._listening:
            signal.disconnect(self._hear)
        AvaturnProfile.objects.update(active_avatar=None)
        for model in (AvatarFile, Avatar, AvaturnProfile, *jobs.HANDLERS, get_user_model()):
            model.objects.all()._raw_delete(model.objects.db)
        for name in self.files():
            Path(self.settings.MEDIA_ROOT, name).unlink()


class Errors(logging.Handler):
    """Keeps the errors that are logged: a race must cause none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def no_errors() -> Iterator[None]:
    """Nothing is logged as an error by the app or by Django."""
    errors = Errors()
    loggers = [logging.getLogger(name) for name in ("django_avaturn", "django.request")]
    for logger in loggers:
        logger.addHandler(errors)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(errors)
    assert not errors.records, [
        (record.getMessage(), record.exc_info and record.exc_info[1]) for record in errors.records
    ]


def past(hours: float) -> Any:
    return timezone.now() - timedelta(hours=hours)
