"""Profiles in the admin: their avatars, the active one, "Sync now"."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from django_avaturn import services
from django_avaturn.models import AvaturnProfile

from .conftest import BASE


def test_profile_page_shows_avatars_and_only_own_ones_can_be_active(
    boss, sandbox, make_avatar, ann, bob
):
    avatar, theirs = make_avatar(ann), make_avatar(bob)
    path = f"{BASE}avaturnprofile/{avatar.profile_id}/change/"
    page = boss.get(path)
    assert str(avatar.pk) in page.text
    assert str(theirs.pk) not in page.text
    form = {"avatars-TOTAL_FORMS": 1, "avatars-INITIAL_FORMS": 1, "avatars-0-id": avatar.pk}
    form["avatars-0-profile"] = avatar.profile_id
    assert boss.post(path, {**form, "active_avatar": theirs.pk}).status_code == 200
    assert AvaturnProfile.objects.get(user=ann).active_avatar is None
    assert boss.post(path, {**form, "active_avatar": avatar.pk}).status_code == 302
    assert AvaturnProfile.objects.get(user=ann).active_avatar == avatar


@pytest.mark.urls("tests.admin.other_site")
def test_what_a_site_lets_be_changed_besides_has_all_its_choices(
    boss, sandbox, make_avatar, ann, bob
):
    avatar = make_avatar(ann)
    make_avatar(bob)
    page = boss.get(f"/open-handed/django_avaturn/avaturnprofile/{avatar.profile_id}/change/")
    fields = page.context["adminform"].form.fields
    assert set(fields) == {"active_avatar", "user"}
    assert {ann, bob} <= set(fields["user"].queryset)
    assert list(fields["active_avatar"].queryset) == [avatar]
    assert not fields["active_avatar"].widget.can_change_related


def test_consent_is_shown_and_cannot_be_changed(boss, sandbox, configure, ann):
    configure(CONSENT_VERSION="2026-11")
    services.record_consent(ann, "2026-11")
    profile = AvaturnProfile.objects.get()
    path = f"{BASE}avaturnprofile/{profile.pk}/change/"
    page = boss.get(path).text
    assert "2026-11" in page
    assert 'name="consent' not in page
    form = {"avatars-TOTAL_FORMS": 0, "avatars-INITIAL_FORMS": 0, "active_avatar": ""}
    assert boss.post(path, {**form, "consent_version": "x"}).status_code == 302
    profile.refresh_from_db()
    assert profile.consent_version == "2026-11"


def test_sync_now(boss, sandbox, remote_avatar, ann):
    profile = services.get_profile(ann)
    remote_avatar(profile)
    path = f"{BASE}avaturnprofile/{profile.pk}/sync/"
    assert "Sync now" in boss.get(f"{BASE}avaturnprofile/{profile.pk}/change/").text
    assert boss.get(path).status_code == 405
    assert "1 added" in boss.post(path, follow=True).text
    assert profile.avatars.count() == 1
    sandbox.fail_next("listUserAvatars", status=401)
    page = boss.post(path, follow=True)
    assert "Not synced" in page.text
    assert "does not accept the API token" in page.text
    data = {"action": "sync_now", "_selected_action": [profile.pk]}
    assert LogEntry.objects.get().change_message == "Synced with Avaturn."
    assert "0 added" in boss.post(f"{BASE}avaturnprofile/", data, follow=True).text


def test_sync_of_a_profile_that_does_not_exist(boss, sandbox):
    assert boss.post(f"{BASE}avaturnprofile/7/sync/").status_code == 404


def test_profile_without_a_user_at_avaturn_has_nothing_to_sync(boss, sandbox, ann):
    profile = AvaturnProfile.objects.create(user=ann)
    assert "Sync now" not in boss.get(f"{BASE}avaturnprofile/{profile.pk}/change/").text


def test_who_may_only_look_cannot_sync(staff, sandbox, make_avatar, ann):
    profile = f"{BASE}avaturnprofile/{make_avatar(ann).profile_id}/"
    client = staff("view_")
    sandbox.calls.clear()
    assert "Sync now" not in client.get(f"{profile}change/").text
    assert client.post(f"{profile}sync/").status_code == 403
    assert not sandbox.calls
