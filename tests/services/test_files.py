"""From "Next" to files in the site's own storage."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_avaturn import jobs, services, signals
from django_avaturn.client import Customization
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile, FileDeletion, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def avatar_id(ann, sandbox) -> UUID:
    return UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))


class TwoScenes(AvaturnHooks):
    def portrait_scenes(self, avatar: Avatar) -> tuple[str, ...]:
        return ("common/preview", "common/full")


def export(user, avatar_id) -> Avatar:
    """Press Next, and look again: Avaturn makes the model in between."""
    services.record_export(user, avatar_id, {})
    jobs.run_due(AvatarFile)
    return Avatar.objects.get(pk=avatar_id)


@pytest.fixture
def heard():
    """What the signals of files have told, in order."""
    told = []
    kinds = (signals.model_stored, signals.portrait_stored, signals.avatar_deleted)

    def listen(signal, **kwargs):
        told.append((signal, kwargs))

    for signal in kinds:
        signal.connect(listen, weak=False)
    yield told
    for signal in kinds:
        signal.disconnect(listen)


def stored_files() -> set[str]:
    root = Path(default_storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def edit(avatar_id, tone: int) -> None:
    """As the user does in the editor: Avaturn has a newer version of the avatar."""
    client = services.get_client()
    client.set_customization(avatar_id, Customization(skin_tone_correction=tone))


def test_export_brings_the_model_into_the_storage(ann, avatar_id, heard):
    avatar = export(ann, avatar_id)
    model = avatar.model
    data = model.file.read()
    model.file.close()
    assert (model.state, model.error, model.attempts) == (Job.State.READY, "", 1)
    assert data[:4] == b"glTF"
    assert (model.size, model.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert stored_files() == {model.file.name}
    assert [(signal, kwargs["file"]) for signal, kwargs in heard] == [(signals.model_stored, model)]
    assert not FileDeletion.objects.exists()


def test_name_tells_nothing(ann, avatar_id):
    model = export(ann, avatar_id).model
    stem = Path(model.file.name).stem
    assert len(stem) == 40
    for secret in (ann.username, str(avatar_id), avatar_id.hex):
        assert secret not in model.file.name


def test_edited_avatar_replaces_its_model(ann, avatar_id, sandbox):
    first = export(ann, avatar_id).model
    edit(avatar_id, 30)
    second = export(ann, avatar_id).model
    assert second.pk == first.pk
    assert second.version != first.version
    assert stored_files() == {second.file.name} != {first.file.name}


def test_old_model_stays_until_the_new_one_is_there(ann, avatar_id, sandbox):
    first = export(ann, avatar_id).model
    sandbox.fail_next("createExport", status=500, times=9)
    second = export(ann, avatar_id).model
    assert (second.state, second.file.name) == (Job.State.PENDING, first.file.name)
    assert stored_files() == {first.file.name}
    sandbox.faults.clear()
    AvatarFile.objects.update(due_at=timezone.now())
    call_command("avaturn_process")
    assert AvatarFile.objects.get(pk=first.pk).state == Job.State.READY


@pytest.mark.parametrize("road", ["avatar", "user", "file row"])
def test_files_go_with_their_rows(ann, avatar_id, road, heard):
    avatar = export(ann, avatar_id)
    {"avatar": avatar, "user": ann, "file row": avatar.model}[road].delete()
    assert stored_files() == set()
    assert not FileDeletion.objects.exists()
    told = [kwargs["avatar_id"] for signal, kwargs in heard if signal is signals.avatar_deleted]
    assert told == ([] if road == "file row" else [avatar_id])


def test_storage_that_is_down_delays_the_removal(ann, avatar_id, monkeypatch):
    avatar = export(ann, avatar_id)
    monkeypatch.setattr(default_storage, "delete", lambda name: (_ for _ in ()).throw(OSError()))
    avatar.delete()
    assert "OSError" in FileDeletion.objects.get().error
    monkeypatch.undo()
    call_command("avaturn_process")
    assert stored_files() == set()


def test_asking_again_voids_what_is_under_way(ann, avatar_id, sandbox, monkeypatch):
    """A worker that is slow must not overwrite the newer file, nor leave its own behind."""
    row = export(ann, avatar_id).model
    row.restart(due_at=timezone.now() + timedelta(hours=1))
    row.claim(60, early=True)
    stale = AvatarFile.objects.get(pk=row.pk)
    edit(avatar_id, 30)
    newer = export(ann, avatar_id).model
    jobs.HANDLERS[AvatarFile].work(stale)
    assert AvatarFile.objects.get(pk=row.pk).file.name == newer.file.name
    assert stored_files() == {newer.file.name}


def test_export_that_takes_its_time_is_asked_for_again(ann, avatar_id, sandbox):
    sandbox.export_seconds = 5
    row = export(ann, avatar_id).model
    assert (row.state, row.attempts) == (Job.State.PENDING, 0)
    assert "making" in row.error
    assert sandbox.count("createExport") == 2
    assert 0 < (row.due_at - timezone.now()).total_seconds() <= 1
    sandbox.clock.advance(6)
    AvatarFile.objects.filter(pk=row.pk).update(due_at=timezone.now())
    call_command("avaturn_process")
    row.refresh_from_db()
    assert row.state == Job.State.READY


def test_export_that_never_ends_fails_visibly(ann, avatar_id, sandbox, monkeypatch):
    sandbox.export_seconds = 10**9
    row = export(ann, avatar_id).model
    long_ago = timezone.now() - timedelta(hours=1)
    AvatarFile.objects.update(requested_at=long_ago, due_at=long_ago, attempts=7)
    with pytest.raises(CommandError, match="failed for good"):
        call_command("avaturn_process")
    row.refresh_from_db()
    assert (row.state, "within 30 minutes" in row.error) == (Job.State.FAILED, True)


def test_storage_by_alias(ann, avatar_id, settings, configure):
    settings.STORAGES = {
        **settings.STORAGES,
        "avatars": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    configure(STORAGE="avatars")
    model = export(ann, avatar_id).model
    assert storages["avatars"].exists(model.file.name)
    assert stored_files() == set()


def test_file_over_the_limit_is_refused_for_good(ann, avatar_id, configure):
    configure(MAX_MODEL_BYTES=1000)
    row = export(ann, avatar_id).model
    assert (row.state, "1000 bytes" in row.error) == (Job.State.FAILED, True)
    assert stored_files() == set()
    assert not FileDeletion.objects.exists()


def test_unlisted_host_is_named(ann, avatar_id, configure):
    configure(DOWNLOAD_HOSTS=["files.example.com"])
    row = export(ann, avatar_id).model
    assert row.state == Job.State.FAILED
    assert "127.0.0.1" in row.error
    assert "DOWNLOAD_HOSTS" in row.error


def test_temporary_files_do_not_stay(ann, avatar_id, settings):
    export(ann, avatar_id)
    left = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if path.is_file()]
    assert left == []


@pytest.mark.parametrize(
    ("secrets", "asked_for"),
    [
        (["a-webhook-secret-of-the-site"], ["common/full", "common/preview"]),
        ([], ["common/preview"]),
    ],
)
def test_a_browser_is_asked_for_one_picture_avaturn_for_all(
    ann, avatar_id, configure, secrets, asked_for
):
    configure(HOOKS=f"{__name__}.TwoScenes", WEBHOOK_SECRETS=secrets)
    services.record_export(ann, avatar_id, {})
    portraits = AvatarFile.objects.filter(kind="portrait").order_by("scene")
    assert [row.scene for row in portraits] == asked_for
