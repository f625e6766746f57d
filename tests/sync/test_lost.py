"""Remote users that are gone, and a database with another project's token."""

from __future__ import annotations

import pytest

from django_avaturn import services
from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import AvaturnOtherProject
from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.services import SyncResult, sync_all
from django_avaturn.services.projects import WITNESSES

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "listUserAvatars"


@pytest.fixture
def some_gone(members, sandbox):
    """Six users with an avatar each; the remote users of two are gone."""
    profiles = members(6)
    for profile in profiles:
        sandbox.add_avatar(profile.avaturn_id)
    list(sync_all())
    lost = [profiles[1], profiles[4]]
    for profile in lost:
        services.get_client().delete_user(profile.avaturn_id)
    sandbox.calls.clear()
    return lost


def test_they_are_spotted_and_their_avatars_marked(some_gone, sandbox):
    outcomes = list(sync_all())
    lost = [outcome for outcome in outcomes if outcome.lost]
    assert {outcome.profile for outcome in lost} == set(some_gone)
    assert [outcome.result for outcome in lost] == [SyncResult(gone=1)] * 2
    assert not [outcome.error for outcome in outcomes if outcome.error]
    assert Avatar.objects.exclude(gone_at=None).count() == 2
    # One other, once for all, and one more where the first is gone itself.
    assert 6 + 1 <= sandbox.count(LIST) <= 6 + 2
    assert AvaturnProfile.objects.exclude(avaturn_id=None).count() == 6
    again = list(sync_all())
    assert sum(outcome.lost for outcome in again) == 2
    assert sum((outcome.result for outcome in again), SyncResult()) == SyncResult()


def test_relinked_ones_get_a_new_remote_user(some_gone, sandbox):
    assert sum(outcome.lost for outcome in sync_all(relink=True)) == 2
    assert set(AvaturnProfile.objects.filter(avaturn_id=None)) == set(some_gone)
    assert Avatar.objects.exclude(gone_at=None).count() == 2
    for profile in some_gone:
        assert services.open_session(profile.user).url
    sandbox.calls.clear()
    assert sum(outcome.lost for outcome in sync_all()) == 0
    assert sandbox.count(LIST) == 6


def test_a_former_remote_user_that_is_gone_is_no_reason_to_relink(
    ann, members, make_avatar, sandbox, configure
):
    configure(KEEP_FORMER=True)
    members(1)
    avatar = make_avatar(ann)
    former = avatar.avaturn_id
    profile = services.start_over(ann)
    services.get_client().delete_user(former)
    outcomes = list(sync_all(relink=True))
    assert [outcome.lost for outcome in outcomes] == [False, False]
    assert AvaturnProfile.objects.get(pk=profile.pk).avaturn_id == profile.avaturn_id
    avatar.refresh_from_db()
    assert avatar.gone_at
    sandbox.calls.clear()
    list(sync_all())
    assert sandbox.count(LIST) == 2  # nobody asks for the former one any more


def test_with_another_projects_token_nothing_is_marked(members, sandbox, other_project, written):
    for profile in members(30):
        sandbox.add_avatar(profile.avaturn_id)
    list(sync_all())
    before = written()
    outcomes = []
    with other_project() as other, pytest.raises(AvaturnOtherProject):
        outcomes += sync_all(relink=True, jobs=4)
    assert written() == before
    assert other.count(LIST) <= 2 * 4 * (1 + WITNESSES)
    assert not [outcome for outcome in sync_all() if outcome.error or outcome.lost]


def test_nor_where_some_users_have_come_with_that_token(members, other_project, written):
    members(5)
    with other_project() as other:
        members(5, "newcomer", at=other)
        before = written()
        with pytest.raises(AvaturnOtherProject):
            list(sync_all(relink=True, jobs=1))
        assert written() == before


def test_unless_told_to(members, sandbox, other_project):
    for profile in members(4):
        sandbox.add_avatar(profile.avaturn_id)
    list(sync_all())
    with other_project() as other:
        assert all(outcome.lost for outcome in sync_all(relink=True, forget_unknown=True))
        assert len(other.calls) == 4
        assert not AvaturnProfile.objects.exclude(avaturn_id=None).exists()
        assert not Avatar.objects.filter(gone_at=None).exists()
        assert services.open_session(AvaturnProfile.objects.first().user).url


def test_where_nobody_else_can_be_asked_for_nothing_is_marked(members, sandbox, written):
    members(1)
    before = written()
    sandbox.state.clear()
    with pytest.raises(AvaturnOtherProject):
        list(sync_all(relink=True))
    assert written() == before


def test_users_that_are_known_vouch_only_while_they_are_there(members, sandbox, monkeypatch):
    """The one that is asked for is being deleted at this moment, and so says nothing."""
    witness, gone, third = members(3)
    services.get_client().delete_user(gone.avaturn_id)
    real = AvaturnClient.list_avatars

    def deleted_meanwhile(client, user_id, *, include_not_ready=False):
        if not include_not_ready:  # asked for as a witness
            AvaturnProfile.objects.filter(pk=witness.pk).delete()
        return real(client, user_id, include_not_ready=include_not_ready)

    monkeypatch.setattr(AvaturnClient, "list_avatars", deleted_meanwhile)
    profiles = AvaturnProfile.objects.filter(pk=gone.pk)
    assert [outcome.lost for outcome in sync_all(profiles)] == [True]
    assert third.avaturn_id in sandbox.users


@pytest.mark.parametrize("end", [services.erase, services.start_over])
def test_who_is_erased_or_starts_over_meanwhile_is_not_taken_for_lost(
    end, members, sandbox, monkeypatch
):
    (profile,) = members(1)
    real = AvaturnClient.list_avatars

    def ended_meanwhile(client, *args, **options):
        end(profile.user)
        return real(client, *args, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", ended_meanwhile)
    (outcome,) = sync_all(relink=True)
    assert (outcome.lost, outcome.error) == (False, None)
    left = AvaturnProfile.objects.values_list("avaturn_id", flat=True)
    assert set(left) == sandbox.users.keys()
