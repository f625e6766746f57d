"""Whether a 404 means that something is gone, or that the token is another project's."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from django_avaturn import jobs, services
from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import AvaturnOtherProject, AvaturnUnavailable
from django_avaturn.models import AvaturnProfile, Job, RemoteDeletion
from django_avaturn.services.projects import WITNESSES, knows_us
from tests.scanner import ours

pytestmark = pytest.mark.django_db(transaction=True)


def delete_user(remote_id):
    """A deletion that is tried once, right away."""
    return RemoteDeletion.objects.create(avaturn_id=remote_id)


def state(row):
    row.refresh_from_db()
    return row.state


def test_a_deletion_is_one_call(members, sandbox):
    ann, *_ = members(4)
    ann.user.delete()
    assert [call.operation for call in sandbox.calls] == ["deleteUser"]
    assert RemoteDeletion.objects.get().state == Job.State.READY


def test_a_repeated_one_asks_for_one_other(members, sandbox):
    members(4)
    assert state(delete_user("GONE")) == Job.State.READY
    assert [call.operation for call in sandbox.calls] == ["deleteUser", "listUserAvatars"]


@pytest.mark.parametrize(
    ("others", "asked"), [(1, 1), (2, 2), (3, 3), (4, WITNESSES), (9, WITNESSES)]
)
def test_where_nobody_is_known_nothing_counts_as_deleted(
    others, asked, members, sandbox, other_project
):
    *_, ann = members(others + 1)
    remote_id = ann.avaturn_id
    with other_project() as other:
        ann.user.delete()
    row = RemoteDeletion.objects.get()
    assert (row.state, row.done_at, row.attempts) == (Job.State.PENDING, None, 1)
    assert "API_TOKEN is another project's" in row.error
    assert "--forget-unknown" in row.error
    assert (other.count("deleteUser"), other.count("listUserAvatars")) == (1, asked)
    assert remote_id in sandbox.users
    call_command("avaturn_process", verbosity=0)
    assert state(row) == Job.State.READY
    assert remote_id not in sandbox.users


def test_the_same_goes_for_a_single_avatar(ann, make_avatar, sandbox, other_project):
    avatar = make_avatar(ann)
    with other_project() as other:
        avatar.delete()
    assert RemoteDeletion.objects.get().state == Job.State.PENDING
    assert other.count("listUserAvatars") == 1  # its owner's list
    call_command("avaturn_process", verbosity=0)
    assert not sandbox.users[ann.avaturn_profile.avaturn_id].avatars


def test_an_avatar_that_is_gone_while_its_owner_is_not(ann, make_avatar, sandbox):
    avatar = make_avatar(ann)
    services.get_client().delete_avatar(avatar.avaturn_id, avatar.pk)
    sandbox.calls.clear()
    avatar.delete()
    assert RemoteDeletion.objects.get().state == Job.State.READY
    operations = [call.operation for call in sandbox.calls]
    assert operations == ["deleteUserAvatar", "listUserAvatars"]


def test_without_anybody_else_it_counts(ann, sandbox):
    """The last user's own deletion, and that of a site whose users have all been deleted."""
    remote_id = services.get_profile(ann).avaturn_id
    ann.delete()
    row = RemoteDeletion.objects.get()
    row.restart()
    assert state(row) == Job.State.READY
    assert state(delete_user(remote_id)) == Job.State.READY
    assert sandbox.count("deleteUser") == 3
    assert sandbox.count("listUserAvatars") == 0


def test_who_came_while_the_wrong_token_was_set_does_not_vouch_for_it(members, other_project):
    ann, *_ = members(4)
    with other_project() as other:
        members(5, "newcomer", at=other)
        ann.user.delete()
    assert RemoteDeletion.objects.get().state == Job.State.PENDING


def test_one_known_among_the_first_is_enough(members, sandbox):
    for gone in members(WITNESSES)[: WITNESSES - 1]:
        services.get_client().delete_user(gone.avaturn_id)
    assert knows_us() is True
    assert knows_us(besides=AvaturnProfile.objects.last().avaturn_id) is False


@pytest.mark.parametrize(("others", "verdict"), [(0, None), (1, True)])
def test_one_that_is_deleted_while_it_is_asked_for_says_nothing(
    others, verdict, members, sandbox, monkeypatch
):
    first, *_ = members(1 + others)
    real = AvaturnClient.list_avatars

    def deleted_meanwhile(client, user_id, **options):
        AvaturnProfile.objects.filter(pk=first.pk).delete()
        return real(client, user_id, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", deleted_meanwhile)
    assert knows_us() is verdict


def test_nothing_is_concluded_where_every_one_is_deleted_meanwhile(members, sandbox, monkeypatch):
    members(WITNESSES + 1)
    real = AvaturnClient.list_avatars

    def deleted_meanwhile(client, user_id, **options):
        AvaturnProfile.objects.filter(avaturn_id=user_id).delete()
        return real(client, user_id, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", deleted_meanwhile)
    assert knows_us() is False


def test_nothing_is_concluded_while_avaturn_is_down(members, sandbox):
    members(1)
    sandbox.fail_next("listUserAvatars", status=500, times=2)
    with pytest.raises(AvaturnUnavailable):
        knows_us()
    row = delete_user("GONE")
    assert state(row) == Job.State.PENDING
    assert "500" in row.error


def test_a_pass_does_not_ask_for_every_row(members, other_project, caplog):
    members(4)
    rows = [RemoteDeletion(avaturn_id=f"USER{n}") for n in range(10)]
    RemoteDeletion.objects.bulk_create(rows)
    with other_project() as other:
        call_command("avaturn_process", verbosity=0)
    assert len(other.calls) == jobs.PATIENCE * (1 + WITNESSES)
    assert RemoteDeletion.objects.due().count() >= 7
    text = ours(caplog)
    assert "API_TOKEN is another project's" in text
    assert "USER0" not in text


def test_unless_told_to(members, other_project):
    members(4)
    rows = [RemoteDeletion(avaturn_id=f"USER{n}") for n in range(9)]
    RemoteDeletion.objects.bulk_create([*rows, RemoteDeletion(avaturn_id="U", state="failed")])
    with other_project() as other:
        with pytest.raises(CommandError):
            call_command("avaturn_process", forget_unknown=True, verbosity=0)
        assert RemoteDeletion.objects.filter(state=Job.State.READY).count() == 9
        call_command("avaturn_process", forget_unknown=True, retry_failed=True, verbosity=0)
    assert RemoteDeletion.objects.exclude(state=Job.State.READY).count() == 0
    assert len(other.calls) == other.count("deleteUser") == 10


def test_it_stays_visible_as_failed(members, other_project):
    members(1)
    RemoteDeletion.objects.bulk_create([RemoteDeletion(avaturn_id="USER", attempts=14)])
    with other_project(), pytest.raises(CommandError, match="1 failed for good"):
        call_command("avaturn_process", verbosity=0)
    assert RemoteDeletion.objects.get().done_at is None


def test_the_error_fits_where_it_is_kept():
    longest = RemoteDeletion._meta.get_field("error").max_length
    assert len(str(AvaturnOtherProject())) <= longest


def test_relink_makes_room_for_a_new_remote_user(ann, make_avatar, sandbox):
    avatar = make_avatar(ann)
    services.activate_avatar(avatar)
    profile = AvaturnProfile.objects.get()
    former = profile.avaturn_id
    assert services.relink(profile)
    assert profile.avaturn_id is None
    avatar.refresh_from_db()
    assert (avatar.avaturn_id, avatar.gone_at is None, avatar.active) == (former, False, True)
    assert not services.relink(profile)
    assert services.get_profile(ann).avaturn_id not in (None, former)
    sandbox.calls.clear()
    services.sync_profile(AvaturnProfile.objects.get())
    assert len(sandbox.calls) == 1  # the former one is not asked for
    ann.delete()
    assert sandbox.users == {}  # but erased with everything else


def test_relink_of_somebody_who_has_started_over_changes_nothing(ann, make_avatar, sandbox):
    stale = make_avatar(ann).profile
    services.start_over(ann)
    fresh = services.get_profile(ann).avaturn_id
    assert not services.relink(stale)
    assert services.get_profile(ann).avaturn_id == fresh


def test_who_was_never_synced_is_asked_for_last(members, monkeypatch):
    first, second, third = members(3)
    AvaturnProfile.objects.filter(pk=first.pk).update(synced_at=None)
    for gone in (first, second):
        services.get_client().delete_user(gone.avaturn_id)
    asked = []
    real = AvaturnClient.list_avatars

    def noting(client, user_id, **options):
        asked.append(user_id)
        return real(client, user_id, **options)

    monkeypatch.setattr(AvaturnClient, "list_avatars", noting)
    assert knows_us(besides=third.avaturn_id) is False
    assert asked == [second.avaturn_id, first.avaturn_id]
