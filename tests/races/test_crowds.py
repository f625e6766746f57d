"""Crowds: more at once than two, and what they cost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections
from django.test import Client

from django_avaturn import services
from django_avaturn.exceptions import AvaturnNotFound
from django_avaturn.models import Avatar, AvaturnProfile, Job, RemoteDeletion
from tests.databases import AVAILABLE

from .race import at_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


def user(name):
    return get_user_model().objects.create_user(name)


def browser(owner):
    client = Client()
    client.force_login(owner)
    return client


@pytest.mark.parametrize("atomic", [False, True], ids=["", "ATOMIC_REQUESTS"])
def test_twenty_first_sessions_of_one_user_make_one_remote_user(
    any_database, sandbox, atomic, monkeypatch
):
    monkeypatch.setitem(connections[any_database].settings_dict, "ATOMIC_REQUESTS", atomic)
    ann = user("ann")
    clients = [browser(ann) for _ in range(20)]
    sandbox.fail_next("createUser", latency=0.3)
    codes = at_once(20, lambda n: clients[n].post("/avatar/sessions/").status_code)
    assert codes == [201] * 20
    assert len(sandbox.users) == 1
    assert sandbox.count("createUser") == 1
    assert AvaturnProfile.objects.get().avaturn_id in sandbox.users


def test_users_are_not_blocked_by_each_other(any_database, sandbox):
    """Ann's link hangs at Avaturn; twenty others get theirs meanwhile."""
    owners = [user(f"user{n}") for n in range(20)]
    ann = user("ann")
    hanging, go_on = threading.Event(), threading.Event()
    real = services.get_client().create_user

    def patient(client):
        if not hanging.is_set():
            hanging.set()
            assert go_on.wait(20)
        return real()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr("django_avaturn.client.AvaturnClient.create_user", patient)

        def link(owner):
            try:
                return services.get_profile(owner).avaturn_id
            finally:
                connections.close_all()

        slow = pool.submit(link, ann)
        assert hanging.wait(10)
        at_once(20, lambda n: link(owners[n]))
        assert AvaturnProfile.objects.exclude(avaturn_id=None).count() == 20
        assert not slow.done()
        go_on.set()
        assert slow.result(20) in sandbox.users


def test_due_rows_are_done_exactly_once_by_four_workers(any_database, sandbox):
    for _ in range(20):
        remote = services.get_client().create_user()
        RemoteDeletion.objects.bulk_create([RemoteDeletion(avaturn_id=remote.id)])
    at_once(4, lambda n: call_command("avaturn_process"))
    assert sandbox.count("deleteUser") == 20
    assert sandbox.users == {}
    assert RemoteDeletion.objects.filter(state=Job.State.READY, attempts=1).count() == 20


def test_the_same_export_announced_ten_times_at_once(any_database, sandbox, remote_avatar):
    ann = user("ann")
    avatar_id = remote_avatar(services.get_profile(ann))
    clients = [browser(ann) for _ in range(10)]
    path = f"/avatar/avatars/{avatar_id}/exports/"
    codes = at_once(10, lambda n: clients[n].post(path, {"gender": "male"}).status_code)
    assert codes == [201] * 10
    assert Avatar.objects.get().active


def test_twelve_who_start_over_at_once_leave_one_remote_user(any_database, sandbox):
    ann = user("ann")
    former = services.get_profile(ann).avaturn_id
    sandbox.add_avatar(former)
    services.sync_profile(AvaturnProfile.objects.get())
    sandbox.fail_next("createUser", times=12, latency=0.2)
    at_once(12, lambda n: services.start_over(ann))
    call_command("avaturn_process", verbosity=0)
    assert sandbox.users.keys() == {AvaturnProfile.objects.get().avaturn_id}
    assert former not in sandbox.users
    assert not Avatar.objects.exists()
    assert sandbox.count("createUser") == 13  # what each has made and lost is deleted again
    assert not RemoteDeletion.objects.exclude(state=Job.State.READY).exists()


def test_starting_over_against_exports_and_syncs(any_database, sandbox):
    """No avatar of the former remote user comes back, whoever is first."""
    ann = user("ann")
    former = services.get_profile(ann).avaturn_id
    avatars = [sandbox.add_avatar(former) for _ in range(3)]

    def race(n):
        with suppress(AvaturnNotFound, Avatar.DoesNotExist):
            if n == 0:
                services.start_over(ann)
            elif n % 2:
                services.record_export(ann, avatars[n % 3], {})
            else:
                services.sync_profile(AvaturnProfile.objects.get())

    at_once(9, race)
    call_command("avaturn_process", verbosity=0)
    profile = AvaturnProfile.objects.get()
    assert sandbox.users.keys() == {profile.avaturn_id}
    assert profile.avaturn_id != former
    assert not Avatar.objects.exists()
    assert profile.active_avatar is None
