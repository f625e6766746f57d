"""One remote user for one site user."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from django_avaturn import services
from django_avaturn.exceptions import AvaturnNotConfigured, AvaturnTimeout, AvaturnUnavailable
from django_avaturn.models import AvaturnProfile, RemoteDeletion


def test_first_call_makes_the_remote_user_and_later_calls_reuse_it(ann, sandbox):
    first = services.get_profile(ann)
    assert first.avaturn_id in sandbox.users
    assert services.get_profile(ann).avaturn_id == first.avaturn_id
    assert sandbox.count("createUser") == 1


def test_each_user_has_a_remote_user_of_their_own(ann, bob, sandbox):
    assert services.get_profile(ann).avaturn_id != services.get_profile(bob).avaturn_id


@pytest.mark.django_db(transaction=True)
def test_first_call_costs_three_queries_and_a_later_one_costs_one(
    ann, sandbox, django_assert_num_queries
):
    with django_assert_num_queries(3):
        services.get_profile(ann)
    with django_assert_num_queries(1):
        services.get_profile(ann)


def test_failure_leaves_the_profile_free_for_the_next_call(ann, sandbox):
    sandbox.fail_next("createUser", status=500)
    with pytest.raises(AvaturnUnavailable):
        services.get_profile(ann)
    assert AvaturnProfile.objects.get(user=ann).avaturn_id is None
    assert services.get_profile(ann).avaturn_id in sandbox.users


def test_without_token_no_row_is_written(ann, configure):
    configure(API_TOKEN="")
    with pytest.raises(AvaturnNotConfigured):
        services.get_profile(ann)
    assert not AvaturnProfile.objects.exists()


def test_claim_of_a_killed_process_runs_out(ann, sandbox):
    past = timezone.now() - timedelta(seconds=1)
    AvaturnProfile.objects.create(user=ann, claimed_until=past)
    assert services.get_profile(ann).avaturn_id in sandbox.users


def test_waiting_for_another_request_ends_within_the_time_limit(ann, sandbox, configure):
    configure(TIMEOUT=0.1)
    future = timezone.now() + timedelta(hours=1)
    AvaturnProfile.objects.create(user=ann, claimed_until=future)
    with pytest.raises(AvaturnTimeout):
        services.get_profile(ann)
    assert sandbox.count("createUser") == 0


def test_remote_user_that_comes_too_late_is_deleted_again(ann, sandbox, monkeypatch):
    """Erased while Avaturn was being asked: nothing must stay behind there."""
    real = services.get_client().create_user

    def erased_meanwhile(client):
        AvaturnProfile.objects.filter(user=ann).delete()
        return real()

    monkeypatch.setattr("django_avaturn.client.AvaturnClient.create_user", erased_meanwhile)
    with pytest.raises(AvaturnProfile.DoesNotExist):
        services.get_profile(ann)
    assert RemoteDeletion.objects.get().avaturn_id in sandbox.users


@pytest.mark.django_db(transaction=True)
def test_erase_removes_everything_here_and_there(ann, bob, sandbox, make_avatar):
    make_avatar(ann)
    theirs = make_avatar(bob)
    services.erase(ann)
    assert [profile.user for profile in AvaturnProfile.objects.all()] == [bob]
    assert list(sandbox.users) == [theirs.profile.avaturn_id]
    assert sandbox.count("deleteUser") == 1
    assert sandbox.count("deleteUserAvatar") == 0  # the user's deletion includes them


def test_erase_of_somebody_unknown_does_nothing(ann, sandbox):
    services.erase(ann)
    assert not sandbox.calls


@pytest.mark.django_db(transaction=True)
def test_twins_for_async_code(ann, sandbox):
    async def visit():
        profile = await services.aget_profile(ann)
        session = await services.aopen_session(ann)
        assert session.url.startswith("http")
        await services.async_profile(profile)
        await services.aerase(ann)

    async_to_sync(visit)()
    assert sandbox.users == {}
