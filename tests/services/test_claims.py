"""A visitor logs in, and something else happens between two statements."""

from __future__ import annotations

import pytest

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile, Guest
from tests.meanwhile import meanwhile

GUEST = Guest("s" * 43)
HANDING_OVER = r'UPDATE .*profile" SET "user_id"'

pytestmark = pytest.mark.django_db


@pytest.fixture
def avatar(sandbox, make_avatar):
    return make_avatar(GUEST)


def test_the_user_opens_the_editor_elsewhere(ann, avatar):
    with meanwhile(HANDING_OVER, lambda: AvaturnProfile.objects.create(user=ann)):
        assert services.claim_guest(GUEST, ann) == 1
    assert Avatar.objects.of(ann).get() == avatar
    assert AvaturnProfile.objects.get().user == ann


def test_the_visitor_is_forgotten(ann, avatar):
    with meanwhile(HANDING_OVER, lambda: services.erase(GUEST)):
        assert services.claim_guest(GUEST, ann) == 0
    assert not AvaturnProfile.objects.exists()
