"""A process that is killed in the middle of a download: nothing is lost, and nothing left over."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.core.management import call_command

from django_avaturn import jobs, services
from django_avaturn.client import Customization
from django_avaturn.models import AvatarFile, FileDeletion, Job
from tests.databases import AVAILABLE

from .child import POINTS
from .conftest import PIECEWISE, let_claims_lapse

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE]),
    pytest.mark.parametrize("any_database", ["default", "postgres"], indirect=True),
]

SIZE = 1024 * 1024
AFTER_COMMIT = {"before the old file goes", "after the old file went"}
# How much of the new file is there by then.
LYING_ABOUT = {
    "start": (0, 0),
    "before the request": (0, 0),
    "in the body": (1, SIZE - 1),
    "before the storage": (SIZE, SIZE + 1000),
}


@pytest.fixture
def model(avatars, sandbox):
    """The file of an avatar that has been edited since."""
    (avatar,) = avatars(1)
    services.request_files(avatar)
    jobs.run_due(AvatarFile)
    client = services.get_client()
    client.set_customization(avatar.pk, Customization(skin_tone_correction=30))
    client.create_export(avatar.pk)  # so that it is ready by the next call
    sandbox.export_bytes = SIZE
    rows = AvatarFile.objects.filter(kind="model")
    assert rows.filter(state="ready").restart() == 1
    return rows.get()


def content_of(row: AvatarFile) -> bytes:
    with row.file.open() as file:
        return file.read()


@pytest.mark.parametrize("point", POINTS)
def test_killed(point, model, start, stored, temporary):
    old = model.file.name
    child = start("avaturn_process", stop=point, site=PIECEWISE)
    child.until_stopped()
    child.kill()

    row = AvatarFile.objects.get(kind="model")
    doomed = {deletion.name for deletion in FileDeletion.objects.all()}
    assert stored() - {row.file.name} <= doomed
    assert row.file.name in stored()
    assert (row.state == Job.State.READY, row.file.name != old) == 2 * (point in AFTER_COMMIT,)
    assert bool(row.claimed_until) == (point not in AFTER_COMMIT | {"start"})
    if point in LYING_ABOUT:
        least, most = LYING_ABOUT[point]
        assert least <= sum(path.stat().st_size for path in temporary()) <= most

    let_claims_lapse()
    call_command("avaturn_process")
    row.refresh_from_db()
    content = content_of(row)
    assert (row.state, row.error, row.size) == (Job.State.READY, "", len(content))
    assert len(content) >= SIZE
    assert row.sha256 == hashlib.sha256(content).hexdigest() != model.sha256
    assert stored() == {row.file.name} != {old}
    assert not FileDeletion.objects.exists()
    assert temporary() == []


def test_every_piece_was_really_half_done(model, start, stored):
    """The point "in the storage" leaves part of a file there, or it would prove nothing."""
    child = start("avaturn_process", stop="in the storage", site=PIECEWISE)
    child.until_stopped()
    (new,) = stored() - {model.file.name}
    assert 0 < (Path(model.file.storage.path(new))).stat().st_size < SIZE
    child.kill()
