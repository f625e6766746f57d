"""An avatar is exported on the plan without API, and something else happens in between."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pytest

from django_avaturn import services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes
from tests.meanwhile import meanwhile

TRANSACTION = "^SAVEPOINT"
"""How one begins here, since the test is in another."""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def free_plan(ann, configure, sandbox, sandbox_server):
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")
    services.get_profile(ann)


def export(user, avatar_id):
    services.record_export(user, avatar_id, {}, model=BytesIO(model_bytes(Look(), 0)))


def test_the_user_is_erased(ann):
    with (
        meanwhile(TRANSACTION, lambda: services.erase(ann)),
        pytest.raises(AvaturnProfile.DoesNotExist, match="erased meanwhile"),
    ):
        export(ann, uuid4())
    assert not AvaturnProfile.objects.exists()
    assert not Avatar.objects.exists()


def test_somebody_else_exports_an_avatar_of_this_id(ann, bob):
    avatar_id = uuid4()
    with (
        meanwhile(TRANSACTION, lambda: export(bob, avatar_id)),
        pytest.raises(Avatar.DoesNotExist, match="no such avatar"),
    ):
        export(ann, avatar_id)
    assert Avatar.objects.get().profile.user == bob
    assert AvatarFile.objects.filter(kind="model").count() == 1
    assert ann.avaturn_profile.active_avatar is None
