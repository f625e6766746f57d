"""Rows that were read before somebody else had them: what happened meanwhile counts."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_avaturn import jobs, services
from django_avaturn.client import Customization
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Job, RemoteDeletion
from tests.databases import AVAILABLE

pytestmark = pytest.mark.django_db(transaction=True)


def test_row_that_was_done_and_asked_for_anew_leaves_no_file(ann, sandbox):
    """Read before the first try, claimed after it: the count of tries is the same again."""
    sandbox.at_once = True
    profile = services.get_profile(ann)
    sandbox.add_avatar(profile.avaturn_id)
    services.sync_profile(profile)
    avatar = Avatar.objects.get()
    AvatarFile.objects.bulk_create([AvatarFile(avatar=avatar, kind="model")])
    stale = AvatarFile.objects.get()
    jobs.run_due(AvatarFile)
    first = AvatarFile.objects.get()
    services.get_client().set_customization(avatar.pk, Customization(skin_tone_correction=30))
    assert AvatarFile.objects.filter(state=Job.State.READY).restart()
    jobs.run(stale)
    second = AvatarFile.objects.get()
    assert (second.state, second.sha256 == first.sha256) == (Job.State.READY, False)
    storage = second.file.storage
    assert (storage.exists(second.file.name), storage.exists(first.file.name)) == (True, False)


@pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
@pytest.mark.parametrize("any_database", ["mysql"], indirect=True)
def test_steps_of_a_row_can_use_no_index_but_its_key(any_database):
    """Whether MariaDB does use another one depends on its statistics; then there are deadlocks."""
    row = RemoteDeletion(avaturn_id="USER1")
    RemoteDeletion.objects.bulk_create([row])
    row = RemoteDeletion.objects.get()
    connection = connections[any_database]
    with CaptureQueriesContext(connection) as queries:
        assert row.claim(60)
        assert row.postpone(0, "Again.")
        assert row.claim(60)
        assert row.finish()
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    with connection.cursor() as cursor:
        for sql in updates:
            cursor.execute(f"EXPLAIN {sql}")
            columns = [column[0] for column in cursor.description]
            assert dict(zip(columns, cursor.fetchone(), strict=True))["possible_keys"] == "PRIMARY"
    assert len(updates) == 4


def test_retrying_leaves_alone_what_is_under_way(ann, sandbox, make_avatar):
    avatar = make_avatar(ann)
    AvatarFile.objects.bulk_create([AvatarFile(avatar=avatar, kind="model")])
    row = AvatarFile.objects.get()
    assert row.claim(60)
    jobs.revive(AvatarFile.objects.all())
    assert row.is_ours()


def test_form_of_the_admin_writes_only_what_it_shows(
    ann, sandbox, make_avatar, admin_user, monkeypatch
):
    """A session is linking the profile while staff choose the active avatar."""
    avatar = make_avatar(ann)
    remote = avatar.avaturn_id
    boss = Client()
    boss.force_login(admin_user)
    real = services.activate_avatar

    def meanwhile(*args):
        AvaturnProfile.objects.update(avaturn_id="LINKED-MEANWHILE")
        real(*args)

    monkeypatch.setattr(services, "activate_avatar", meanwhile)
    form = {"avatars-TOTAL_FORMS": 1, "avatars-INITIAL_FORMS": 1, "avatars-0-id": avatar.pk}
    form |= {"avatars-0-profile": avatar.profile_id, "active_avatar": avatar.pk}
    path = f"/admin/django_avaturn/avaturnprofile/{avatar.profile_id}/change/"
    assert boss.post(path, form).status_code == 302
    profile = AvaturnProfile.objects.get()
    assert (profile.active_avatar, profile.avaturn_id == remote) == (avatar, False)


def test_form_of_the_admin_against_a_deletion(ann, sandbox, make_avatar, admin_user, monkeypatch):
    avatar = make_avatar(ann)
    boss = Client()
    boss.force_login(admin_user)
    real = services.activate_avatar

    def meanwhile(chosen):
        services.erase(ann)
        real(chosen)

    monkeypatch.setattr(services, "activate_avatar", meanwhile)
    form = {"avatars-TOTAL_FORMS": 1, "avatars-INITIAL_FORMS": 1, "avatars-0-id": avatar.pk}
    form |= {"avatars-0-profile": avatar.profile_id, "active_avatar": avatar.pk}
    path = f"/admin/django_avaturn/avaturnprofile/{avatar.profile_id}/change/"
    assert "The avatar has been deleted." in boss.post(path, form, follow=True).text
    assert not AvaturnProfile.objects.exists()
