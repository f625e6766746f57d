"""Avatars in the making: followed until they are made, then dressed and fetched."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_avaturn import jobs, services, signals
from django_avaturn.client import Customization
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile

pytestmark = pytest.mark.django_db(transaction=True)


class Dressed(AvaturnHooks):
    """A site with a look of its own for new avatars."""

    def default_customization(self, avatar):
        return Customization(body="body_2", skin_tone_correction=7)


@pytest.fixture
def making(ann, sandbox):
    """Ann's avatar from photos, which Avaturn has not finished; none may be exported unopened."""
    sandbox.refuse_unopened = True
    profile = services.get_profile(ann)
    avatar_id = services.get_client().create_avatar(profile.avaturn_id).avatar_id
    sandbox.set_status(str(avatar_id), "processing")
    owned = {"profile": profile, "avaturn_id": profile.avaturn_id}
    return Avatar.objects.create(pk=avatar_id, status="processing", customized=False, **owned)


def look_back():
    """As if the last question was a while ago."""
    AvaturnProfile.objects.update(synced_at=timezone.now() - timedelta(minutes=5))


def detail(client, avatar):
    return client.get(f"/avatar/avatars/{avatar.pk}/").json()


def test_whoever_waits_sets_it_going(as_ann, making, sandbox):
    assert detail(as_ann, making)["status"] == "processing"
    assert sandbox.count("listUserAvatars") == 1
    assert detail(as_ann, making)["status"] == "processing"
    assert sandbox.count("listUserAvatars") == 1  # not more often than every few seconds
    sandbox.set_status(str(making.pk), "ready")
    look_back()
    shown = detail(as_ann, making)
    assert (shown["status"], shown["active"]) == ("ready", True)
    for _ in range(5):
        shown = detail(as_ann, making)
    assert shown["model"]["url"].endswith(".glb")
    sandbox.calls.clear()
    look_back()
    assert detail(as_ann, making)["status"] == "ready"
    assert not sandbox.calls


def test_others_do_not_set_it_going(client, bob, making, sandbox):
    client.force_login(bob)
    assert client.get(f"/avatar/avatars/{making.pk}/").status_code == 404
    assert sandbox.count("listUserAvatars") == 0


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"status": 401}])
def test_avaturn_down_shows_what_is_known(as_ann, making, sandbox, fault):
    sandbox.fail_next("listUserAvatars", times=9, **fault)
    assert detail(as_ann, making)["status"] == "processing"


def test_with_a_webhook_it_is_asked_for_more_rarely(as_ann, making, sandbox, configure):
    configure(WEBHOOK_SECRETS=["s" * 24])
    AvaturnProfile.objects.update(synced_at=timezone.now() - timedelta(seconds=10))
    detail(as_ann, making)
    assert sandbox.count("listUserAvatars") == 0
    look_back()
    detail(as_ann, making)
    assert sandbox.count("listUserAvatars") == 1


def test_a_look_is_written_before_the_first_export(making, sandbox, configure):
    configure(HOOKS=f"{__name__}.Dressed")
    heard = []

    def hear(avatar, **kwargs):
        heard.append(avatar.pk)

    signals.avatar_ready.connect(hear)
    sandbox.set_status(str(making.pk), "ready")
    services.sync_profile(making.profile)
    for _ in range(3):
        jobs.run_due(AvatarFile)
    assert heard == [making.pk]
    user = sandbox.users[making.avaturn_id]
    worn = user.avatars[str(making.pk)].customization
    assert (worn["body"], worn["skin_tone_correction"]) == ("body_2", 7)
    order = [
        c.operation for c in sandbox.calls if c.operation in ("setCustomization", "createExport")
    ]
    assert order[:2] == ["setCustomization", "createExport"]
    assert order.count("setCustomization") == 1
    making.refresh_from_db()
    assert making.customized
    assert AvatarFile.objects.get(kind="model").file


def test_what_the_editor_has_made_is_not_overwritten(ann, making, sandbox):
    sandbox.set_status(str(making.pk), "ready")
    services.get_client().set_customization(
        making.pk, Customization(body="body_3")
    )  # as the editor
    sandbox.calls.clear()
    services.record_export(ann, making.pk, {})
    assert sandbox.count("setCustomization") == 0
    worn = sandbox.users[making.avaturn_id].avatars[str(making.pk)].customization
    assert worn["body"] == "body_3"


def test_a_look_that_is_refused_fails_visibly(making, sandbox):
    sandbox.fail_next("setCustomization", times=99, status=409)
    sandbox.set_status(str(making.pk), "ready")
    services.sync_profile(making.profile)
    row = AvatarFile.objects.get(kind="model")
    assert row.state == "pending"
    assert "slot" in row.error
    assert sandbox.count("createExport") == 0


def test_the_webhook_tells_as_well(making, sandbox, client, configure):
    configure(WEBHOOK_SECRETS=["s" * 24])
    sandbox.set_status(str(making.pk), "ready")
    told = {"event": "avatar.ready", "avatar_id": str(making.pk), "user_id": making.avaturn_id}
    answer = client.post(f"/avatar/webhooks/{'s' * 24}/", told, content_type="application/json")
    assert answer.status_code == 200
    answer.close()
    making.refresh_from_db()
    assert making.status == "ready"
    assert AvatarFile.objects.filter(kind="model").exists()


def run():
    out = StringIO()
    call_command("avaturn_process", stdout=out)
    return out.getvalue()


def test_cron_follows_what_nobody_waits_for(making, sandbox):
    assert "avatars in the making: 1 asked for" in run()
    sandbox.set_status(str(making.pk), "ready")
    look_back()
    run()
    making.refresh_from_db()
    assert making.status == "ready"
    sandbox.calls.clear()
    look_back()
    assert "avatars in the making: 0 asked for" in run()
    assert sandbox.count("listUserAvatars") == 0


def test_cron_gives_up_after_a_week(making, sandbox):
    Avatar.objects.update(created_at=timezone.now() - timedelta(days=8))
    run()
    assert sandbox.count("listUserAvatars") == 0


def test_cron_says_when_avaturn_is_down(making, sandbox):
    sandbox.fail_next("listUserAvatars", times=9, status=500)
    assert "asked for again next time" in run()
