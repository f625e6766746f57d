"""On the plan without API: what starting over leaves, and what happens between two statements."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pytest

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, FileDeletion, RemoteDeletion
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes
from tests.meanwhile import meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def free_plan(configure, sandbox, sandbox_server):
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")


def test_of_two_exports_at_once_one_is_kept_whole(ann):
    avatar_id = uuid4()
    slow, quick = (model_bytes(Look(outfit=outfit), 0) for outfit in ("hoodie", "dress"))

    def export(model):
        return services.record_export(ann, avatar_id, {}, model=BytesIO(model))

    with meanwhile(r"UPDATE .*avatarfile. SET .claimed_until", lambda: export(quick)):
        assert export(slow).pk == avatar_id
    row = AvatarFile.objects.get(kind="model")
    with row.file.open() as stored:
        assert stored.read() == quick
    assert (row.state, row.claimed_until) == ("ready", None)
    assert not FileDeletion.objects.exists()


def test_erased_while_starting_over(ann):
    former = services.get_profile(ann).pk
    with meanwhile(r"UPDATE .*profile. SET .avaturn_id", lambda: services.erase(ann)):
        profile = services.start_over(ann)
    assert AvaturnProfile.objects.get() == profile
    assert profile.pk != former
    assert not RemoteDeletion.objects.exists()  # there is nobody at Avaturn who could go


def test_starting_over_with_nothing_to_keep(ann, configure):
    configure(KEEP_FORMER=True)
    profile = services.get_profile(ann)
    assert services.start_over(ann) == profile
    assert AvaturnProfile.objects.get().avaturn_id is None
    assert not RemoteDeletion.objects.exists()


def test_avatar_from_the_time_with_an_api_is_not_asked_for_there(ann, sandbox):
    profile = services.get_profile(ann)
    avatar = Avatar.objects.create(profile=profile, avaturn_id="ANNS-REMOTE-USER", status="ready")
    services.record_export(ann, avatar.pk, {}, model=BytesIO(model_bytes(Look(), 0)))
    jobs.run_due(AvatarFile)
    assert [row.state for row in avatar.files.filter(kind="model")] == ["ready"]
    assert avatar.portrait.awaits_browser
    assert jobs.report().is_healthy
    assert not sandbox.calls
