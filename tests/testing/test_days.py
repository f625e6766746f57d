"""What people do, what Avaturn tells, and bad days."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import Client
from django.urls import path, reverse

from django_avaturn import services, signals
from django_avaturn.models import Avatar, RemoteDeletion, WebhookEvent

urlpatterns = [path("nothing/", lambda request: None)]


def test_an_evening_with_the_editor(avaturn, ann):
    avatar = avaturn.export(ann, body="body_3", hair_color="#c9482b")
    assert avaturn.calls == ["createUser", "createSession", "listUserAvatars"]
    assert avatar.profile.user == ann and avatar.active and not avatar.model.file
    avaturn.settle()
    avatar = Avatar.objects.get()
    assert avatar.model.file and avatar.portrait.file
    assert services.get_customization(avatar).assets["hair_and_headwear"].color == "#c9482b"
    version = avatar.model.version

    avaturn.forget_calls()
    again = avaturn.export(ann, avatar, outfit="dress")
    avaturn.settle()
    again = Avatar.objects.get()
    assert again == avatar and again.model.version != version
    assert avaturn.calls[:2] == ["createSession", "listUserAvatars"]


def test_the_same_by_hand(avaturn, as_ann):
    session = as_ann.post(reverse("avaturn:session-list"), {"type": "create"})
    exported = avaturn.press_next(session.json()["url"], body="body_1")
    assert exported["gender"] == "female" and exported["urlType"] == "httpURL"
    address = reverse("avaturn:export-list", args=[exported["avatarId"]])
    answer = as_ann.post(address, exported, content_type="application/json")
    assert answer.status_code == 201 and answer.json()["gender"] == "female"
    assert str(Avatar.objects.get().pk) == exported["avatarId"]


def test_without_a_choice_the_first_avatar_is_edited(avaturn, ann, as_ann):
    avatar = avaturn.make_avatar(ann)
    session = as_ann.post(reverse("avaturn:session-list")).json()
    assert avaturn.press_next(session["url"])["avatarId"] == str(avatar.pk)
    wanted = {"type": "edit_existing", "avatar_id": str(avatar.pk)}
    session = as_ann.post(reverse("avaturn:session-list"), wanted).json()
    assert avaturn.press_next(session["url"])["avatarId"] == str(avatar.pk)


def test_a_link_that_has_run_out(avaturn, ann):
    session = services.open_session(ann)
    avaturn.sandbox.clock.advance(3601)
    with pytest.raises(AssertionError, match="refused GET with 401"):
        avaturn.press_next(session.url)


def test_a_site_that_refuses_says_why(avaturn, ann):
    ann.is_active = False
    ann.save()
    with pytest.raises(AssertionError, match=r"avaturn:session-list answered with 40[13]"):
        avaturn.export(ann)


def test_a_visitor_in_a_browser(avaturn, db):
    avaturn.configure(ALLOW_GUESTS=True)
    browser = Client()
    avatar = avaturn.export(client=browser)
    assert avatar.profile.user is None
    assert str(avatar.pk) in browser.get(reverse("avaturn:avatar-list")).content.decode()


def test_consent_is_given_where_it_is_asked_for(avaturn, ann):
    avaturn.configure(CONSENT_VERSION="2026-11")
    assert avaturn.export(ann).profile.consent_version == "2026-11"


def test_the_plan_without_api(avaturn, ann):
    avaturn.use_free_plan()
    avatar = avaturn.export(ann)
    assert not avatar.confirmed and avatar.model.file
    assert avaturn.calls == ["downloadExport"]
    avaturn.settle()
    assert avaturn.calls == ["downloadExport"]


def test_signals_are_sent_once_by_settling(avaturn, ann):
    heard = []

    def hear(avatar, **told):
        heard.append(avatar.pk)

    signals.avatar_exported.connect(hear)
    try:
        avatar = avaturn.export(ann)
        assert heard == []
        avaturn.settle()
        avaturn.settle()
    finally:
        signals.avatar_exported.disconnect(hear)
    assert heard == [avatar.pk]


def test_a_webhook_is_only_a_hint(avaturn, ann):
    avatar = avaturn.make_avatar(ann, status="processing")
    assert avaturn.post_webhook(avatar).status_code == 200
    avatar.refresh_from_db()
    assert avatar.status == "processing" and avaturn.calls == ["listUserAvatars"]

    avaturn.set_status(avatar, "ready")
    assert avaturn.post_webhook(avatar).status_code == 200  # the same once more: a repeat
    avatar.refresh_from_db()
    assert avatar.status == "processing"
    assert avaturn.post_webhook(avatar, session_id="another").status_code == 200
    avatar.refresh_from_db()
    assert avatar.status == "ready"


def test_a_webhook_with_another_secret(avaturn, ann):
    avatar = avaturn.make_avatar(ann)
    assert avaturn.post_webhook(avatar, secret="guessed").status_code == 404
    assert not WebhookEvent.objects.exists()


def test_the_webhook_of_a_picture_brings_it(avaturn, ann, django_capture_on_commit_callbacks):
    avatar = avaturn.make_avatar(ann)
    with django_capture_on_commit_callbacks(execute=True):
        services.request_portrait(avatar)
    avatar = Avatar.objects.get()
    before = avatar.portrait.file.name
    assert avatar.portrait.state == "pending"
    avaturn.post_webhook(avatar, "render.ready")
    avatar = Avatar.objects.get()
    assert avatar.portrait.state == "ready" and avatar.portrait.file.name != before


@pytest.mark.parametrize("event", ["export.ready", "render.ready", "tea.ready"])
def test_webhooks_that_nobody_waits_for(avaturn, ann, event):
    avatar = avaturn.make_avatar(ann)
    assert avaturn.post_webhook(avatar, event).status_code == 200
    assert WebhookEvent.objects.get().event == event
    avaturn.settle()
    assert Avatar.objects.get().model.state == "ready"


def test_a_webhook_of_an_avatar_that_is_gone(avaturn, ann):
    avatar = avaturn.make_avatar(ann)
    avaturn.sandbox.state.clear()
    assert avaturn.post_webhook(avatar, "export.ready").status_code == 200


def test_a_site_without_a_route_for_webhooks(avaturn, ann, settings):
    avatar = avaturn.make_avatar(ann)
    settings.ROOT_URLCONF = __name__
    with pytest.raises(ImproperlyConfigured, match="include"):
        avaturn.post_webhook(avatar)


def test_without_webhooks_settling_asks(avaturn, as_ann):
    avaturn.configure(WEBHOOK_SECRETS=[])
    as_ann.post(reverse("avaturn:avatar-list"), avaturn.photos())
    avaturn.settle()
    avatar = Avatar.objects.get()
    assert avatar.status == "ready" and avatar.model.file
    assert avatar.portrait.awaits_browser
    assert avaturn.deliver_webhooks() == []


def test_an_outage(avaturn, ann, as_ann):
    avatar = avaturn.make_avatar(ann)
    with avaturn.down():
        answer = as_ann.post(reverse("avaturn:session-list"))
        assert (answer.status_code, answer.json()["code"]) == (502, "avaturn_unavailable")
        address = reverse("avaturn:avatar-detail", args=[avatar.pk])
        assert as_ann.delete(address).status_code == 204
        for _ in range(4):
            avaturn.settle()
        assert RemoteDeletion.objects.get().done_at is None
        assert services.connection.get_circuit().down_for() is not None
    assert avaturn.calls == []
    assert as_ann.post(reverse("avaturn:session-list")).status_code == 201
    avaturn.settle()
    assert RemoteDeletion.objects.get().done_at
    assert avaturn.calls == ["createSession", "deleteUserAvatar"]


def test_in_an_outage_nothing_is_tried_in_circles(avaturn, ann, caplog):
    avaturn.make_avatar(ann).delete()
    with avaturn.down():
        avaturn.settle()
    tries = [record for record in caplog.records if getattr(record, "event", "") == "call_failed"]
    assert 1 <= len(tries) <= 3


def test_an_outage_that_answers(avaturn, ann, as_ann):
    avaturn.make_profile(ann)
    with avaturn.down(status=503), avaturn.down(latency=60):
        assert as_ann.post(reverse("avaturn:session-list")).json()["code"] == "avaturn_unavailable"
    with avaturn.down(latency=60):
        assert as_ann.post(reverse("avaturn:session-list")).json()["code"] == "avaturn_timeout"
    assert as_ann.post(reverse("avaturn:session-list")).status_code == 201
    assert avaturn.calls == ["createSession"] * 3


def test_outages_end_with_an_error_too(avaturn, ann):
    with pytest.raises(ZeroDivisionError), avaturn.down(), avaturn.down():
        raise ZeroDivisionError
    services.get_profile(ann)
    assert avaturn.calls == ["createUser"]


@pytest.mark.django_db(transaction=True)
def test_with_real_commits(avaturn, ann):
    heard = []

    def hear(avatar, **told):
        heard.append(avatar.pk)

    signals.avatar_exported.connect(hear)
    try:
        avatar = avaturn.export(ann)
        assert heard == [avatar.pk] and "createExport" in avaturn.calls
        avaturn.settle()
    finally:
        signals.avatar_exported.disconnect(hear)
    assert heard == [avatar.pk]
    avatar = Avatar.objects.get()
    assert avatar.model.file and avatar.portrait.file


def test_what_is_rolled_back_does_not_happen(avaturn, ann):
    avatar = avaturn.make_avatar(ann)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        avatar.delete()
        raise ZeroDivisionError
    avaturn.settle()
    assert avaturn.calls == []


def test_work_that_always_makes_new_work_is_left_at_some_point(avaturn, ann):
    heard = []

    def ask_again(avatar, **told):
        heard.append(avatar.pk)
        services.request_portrait(avatar)

    avatar = avaturn.make_avatar(ann)
    signals.portrait_stored.connect(ask_again)
    try:
        services.request_portrait(avatar)
        avaturn.settle()
    finally:
        signals.portrait_stored.disconnect(ask_again)
    assert 2 <= len(heard) <= 50
    assert set(heard) == {avatar.pk}
