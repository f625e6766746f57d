"""Users with avatars, at Avaturn and here, in one line each."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from django_avaturn import services, signals
from django_avaturn.models import Avatar, AvaturnProfile, Guest, WebhookEvent
from django_avaturn.testing import builders


def test_an_avatar_has_its_files(avaturn, ann):
    avatar = avaturn.make_avatar(ann)
    assert avatar.status == "ready" and avatar.active
    assert (avatar.gender, avatar.body_id) == ("male", "body_0")
    assert avatar.model.file.read()[:4] == b"glTF"
    assert avatar.portrait.file.read()[8:12] == b"WEBP" and avatar.portrait.thumbnail
    remote = avaturn.sandbox.users[avatar.avaturn_id].avatars[str(avatar.pk)]
    assert remote.status == "ready"


def test_it_leaves_no_trace_among_the_calls_and_nothing_to_do(avaturn, ann):
    avaturn.make_avatar(ann)
    avaturn.make_avatar(ann, status="processing")
    assert avaturn.calls == []
    avaturn.settle()
    assert avaturn.calls == [] and not WebhookEvent.objects.exists()


@pytest.mark.parametrize("status", ["pending", "processing", "failed"])
def test_one_that_is_not_ready_has_none(avaturn, ann, status):
    avatar = avaturn.make_avatar(ann, status=status)
    assert avatar.status == status and not avatar.files.exists()
    services.sync_profile(avatar.profile)
    avatar.refresh_from_db()
    assert avatar.status == status


def test_what_it_is_made_of_can_be_chosen(avaturn, ann):
    first = avaturn.make_avatar(ann, gender="female")
    second = avaturn.make_avatar(ann, body="body_3", active=False, files=False)
    assert (first.gender, first.body_id) == ("female", "body_1")
    assert (second.gender, second.body_id) == ("female", "body_3")
    assert first.active and not second.active
    assert first.files.count() == 2 and not second.files.exists()
    worn = avaturn.make_avatar(ann, customization={"body": "body_2", "age": "young"})
    assert services.get_customization(worn).body == "body_2"


def test_a_status_that_does_not_exist(avaturn, ann):
    with pytest.raises(ValueError, match="pending, processing, ready, failed"):
        avaturn.make_avatar(ann, status="done")
    assert not Avatar.objects.exists()


def test_signals_are_sent_in_a_transaction_that_is_never_committed(avaturn, ann):
    heard = []

    def hear(signal, **told):
        heard.append(signal)

    wanted = [signals.avatar_ready, signals.model_stored, signals.portrait_stored]
    for signal in wanted:
        signal.connect(hear)
    try:
        avaturn.make_avatar(ann)
    finally:
        for signal in wanted:
            signal.disconnect(hear)
    assert sorted(map(wanted.index, heard)) == [0, 1, 2]


def test_a_profile_agrees_to_what_the_site_asks(avaturn, ann):
    avaturn.configure(CONSENT_VERSION="2026-11")
    profile = avaturn.make_profile(ann)
    assert profile.consent_version == "2026-11" and profile.avaturn_id in avaturn.sandbox.users
    assert avaturn.make_profile(ann) == profile
    assert avaturn.calls == []


def test_without_webhooks_the_browser_has_taken_the_picture(avaturn, ann):
    avaturn.configure(WEBHOOK_SECRETS=[])
    avatar = avaturn.make_avatar(ann)
    assert avatar.portrait.file and not avatar.portrait.awaits_browser


def test_on_the_plan_without_api(avaturn, ann):
    avaturn.use_free_plan()
    avatar = avaturn.make_avatar(ann)
    assert not avatar.confirmed and avatar.status == "ready" and avatar.active
    assert avatar.model.file and avatar.portrait.file
    assert avaturn.calls == []


def test_a_visitor_has_one_too(avaturn, db):
    avaturn.configure(ALLOW_GUESTS=True)
    avatar = avaturn.make_avatar(Guest("a secret of this browser"))
    assert avatar.profile.user is None and avatar.model.file
    assert AvaturnProfile.objects.get() == avatar.profile


def test_photos_are_taken_by_the_site(avaturn, ann, as_ann):
    answer = as_ann.post(reverse("avaturn:avatar-list"), avaturn.photos("male"))
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.json()
    assert avaturn.calls == ["createUser", "createAvatar", "uploadPhotos"]
    [upload] = avaturn.sandbox.uploads
    assert upload.body_type == "male" and not upload.authorized
    avaturn.settle()
    avatar = Avatar.objects.get()
    assert avatar.status == "ready" and avatar.model.file and avatar.portrait.file


def test_photos_need_pillow(avaturn, monkeypatch):
    monkeypatch.setattr(builders, "Image", None)
    with pytest.raises(ImproperlyConfigured, match="Pillow"):
        avaturn.photos()
