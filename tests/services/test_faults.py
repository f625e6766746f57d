"""Bad days of the file host, of Avaturn's tasks and of its webhooks.

Each ends in a stored file after a retry, or in a row that says what is wrong; nothing in between.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from django_avaturn import jobs, services
from django_avaturn.client import Customization
from django_avaturn.models import Avatar, AvatarFile, FileDeletion, Job, WebhookEvent
from django_avaturn.webhooks import receive
from tests.meanwhile import meanwhile

SECRET = "a-secret-of-the-tests-9b1f"

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(body: bytes) -> int:
    path = f"/avatar/webhooks/{SECRET}/"
    return Client().post(path, body, content_type="application/json").status_code


@pytest.fixture(autouse=True)
def secrets_stay_secret(sandbox, caplog):
    """Whatever happens in a test: no link in a log line or in a row."""
    with caplog.at_level(logging.DEBUG):
        yield
    kept = [str(vars(row)) for model in jobs.HANDLERS for row in model.objects.all()]
    for link in [*sandbox.state.files, SECRET]:
        assert link not in caplog.text
        assert not any(link in row for row in kept)


@pytest.fixture
def avatar(ann, sandbox, configure) -> Avatar:
    configure(WEBHOOK_SECRETS=[SECRET])
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.sync_profile(ann.avaturn_profile)
    return Avatar.objects.get(pk=avatar_id)


def go_on(times: int = 1) -> None:
    """What cron does, without its patience."""
    for _ in range(times):
        AvatarFile.objects.filter(state=Job.State.PENDING).update(due_at=timezone.now())
        for model in jobs.HANDLERS:
            jobs.run_due(model)


def stored_files() -> set[str]:
    root = Path(default_storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


FILE_FAULTS = {
    "slow headers": {"latency": 3.0},
    "slow body": {"drip": 0.2, "drip_bytes": 64},
    "endless": {"endless": True},
    "truncated": {"truncate": True},
    "shorter than it says": {"cut": True},
    "wrong type": {"body": "<html>Sorry</html>", "content_type": "text/html"},
    "empty": {"body": ""},
    "damaged picture": {"body": b"\x89PNG\r\n\x1a\n" + b"nonsense" * 99},
    "redirect to another host": {"location": "https://evil.example/model.glb"},
    "redirect to this machine": {"location": "http://127.0.0.1:1/model.glb"},
    "expired": {"status": 410},
    "forbidden": {"status": 403},
    "server error": {"status": 500},
    "dropped": {"drop": True},
}
PERMANENT = {"redirect to another host", "redirect to this machine"}


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_model_survives_one_bad_download(avatar, sandbox, configure, fault):
    configure(TIMEOUT=0.4)
    services.request_files(avatar)
    sandbox.fail_next("downloadFile", **FILE_FAULTS[fault])
    go_on()
    row = AvatarFile.objects.get(kind="model")
    assert row.error
    assert row.state == (Job.State.FAILED if fault in PERMANENT else Job.State.PENDING)
    assert not row.file
    if fault in PERMANENT:
        services.request_files(avatar)
    go_on(2)
    row.refresh_from_db()
    assert (row.state, row.error) == (Job.State.READY, "")
    with row.file.open() as file:
        assert file.read(4) == b"glTF"
    assert {name for name in stored_files() if name.endswith(".glb")} == {row.file.name}
    assert not FileDeletion.objects.exists()


@pytest.mark.parametrize("fault", ["wrong type", "truncated", "expired", "dropped"])
def test_model_that_never_comes_fails_visibly(avatar, sandbox, fault):
    services.request_files(avatar)
    sandbox.fail_next("downloadFile", times=99, **FILE_FAULTS[fault])
    go_on(12)
    row = AvatarFile.objects.get(kind="model")
    assert (row.state, row.attempts) == (Job.State.FAILED, 8)
    assert len(row.error) > 20
    assert stored_files() == set()
    with pytest.raises(CommandError, match="failed for good"):
        call_command("avaturn_process")


def test_failed_export_is_tried_again_and_then_given_up(avatar, sandbox):
    sandbox.fail_exports = 1
    services.request_files(avatar)
    go_on(4)
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY
    sandbox.fail_exports = 99
    services.get_client().set_customization(avatar.pk, Customization(skin_tone_correction=20))
    services.request_files(avatar)
    go_on(30)
    row = AvatarFile.objects.get(kind="model")
    assert (row.state, "could not make" in row.error) == (Job.State.FAILED, True)
    assert row.file  # the older model is still there


def test_portrait_comes_by_webhook(avatar, sandbox):
    services.request_files(avatar)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, row.render_id is None) == (Job.State.PENDING, False)
    assert "webhook will bring it" in row.error
    answers = sandbox.deliver_webhooks(deliver)
    assert [webhook.answers for webhook in answers] == [[200]] * len(answers)
    row.refresh_from_db()
    assert (row.state, row.file.name[-5:], bool(row.thumbnail)) == (Job.State.READY, ".webp", True)
    assert sandbox.count("createRender") == 1
    assert not FileDeletion.objects.exists()


def test_without_pillow_the_picture_is_stored_as_it_came(avatar, sandbox, monkeypatch):
    monkeypatch.setattr("django_avaturn.services.pictures.Image", None)
    services.request_files(avatar)
    sandbox.deliver_webhooks(deliver)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, row.file.name[-4:], bool(row.thumbnail)) == (Job.State.READY, ".png", False)


def test_failed_render_is_ordered_again_and_then_left_to_the_browser(avatar, sandbox):
    sandbox.fail_renders = 1
    services.request_files(avatar)
    sandbox.deliver_webhooks(deliver)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, "could not draw" in row.error) == (Job.State.PENDING, True)
    go_on()
    sandbox.deliver_webhooks(deliver)
    row.refresh_from_db()
    assert row.state == Job.State.READY
    sandbox.fail_renders = 99
    services.request_portrait(avatar)
    for _ in range(9):
        go_on()
        sandbox.deliver_webhooks(deliver)
    row.refresh_from_db()
    assert row.state == Job.State.FAILED
    assert row.awaits_browser


def test_lost_webhooks_are_noticed(avatar, sandbox):
    sandbox.lose_webhooks = 99
    services.request_files(avatar)
    for _ in range(9):
        go_on()
        sandbox.deliver_webhooks(deliver)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, "developer portal" in row.error) == (Job.State.FAILED, True)
    assert sandbox.count("createRender") == 4
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY


def test_picture_that_is_quicker_than_the_answer_to_its_order(avatar, sandbox):
    services.request_files(avatar)
    portrait = AvatarFile.objects.filter(kind="portrait")
    [render_id] = portrait.values_list("render_id", flat=True)
    soon = timezone.now() + timedelta(minutes=1)
    portrait.update(render_id=None, claimed_until=soon)

    def answered():
        portrait.update(render_id=render_id, claimed_until=None)

    def only_pictures(body: bytes) -> int:
        return deliver(body) if b"render.ready" in body else 503

    with meanwhile(r"^SELECT .*_avatarfile\W.*kind\W+ = ", answered, after=1):
        sandbox.deliver_webhooks(only_pictures)
    assert portrait.get().state == Job.State.READY
    assert sandbox.count("createRender") == 1


def test_picture_of_an_order_that_is_never_answered(avatar, sandbox, monkeypatch):
    monkeypatch.setattr(jobs.events, "PAUSES", (0.01, 0.01))
    services.request_files(avatar)
    portrait = AvatarFile.objects.filter(kind="portrait")
    soon = timezone.now() + timedelta(minutes=1)
    portrait.update(render_id=None, claimed_until=soon)
    sandbox.deliver_webhooks(deliver)
    event = WebhookEvent.objects.get(event="render.ready")
    assert (event.state, event.error) == (Job.State.READY, jobs.events.NOT_OURS)
    assert (portrait.get().state, portrait.get().claimed_until) == (Job.State.PENDING, soon)
    assert sandbox.count("downloadRender") == 0


def test_picture_whose_webhook_dies_with_its_process_is_ordered_again(avatar, sandbox):
    def die(body: bytes) -> int:
        """Answer, and do none of the work that comes after."""
        path = f"/avatar/webhooks/{SECRET}/"
        request = RequestFactory().post(path, body, content_type="application/json")
        return receive(request, SECRET).status_code

    services.request_files(avatar)
    sandbox.deliver_webhooks(die)
    assert sandbox.count("downloadRender") == 0
    WebhookEvent.objects.update(claimed_until=timezone.now())
    jobs.run_due(WebhookEvent)
    assert WebhookEvent.objects.get(event="render.ready").state == Job.State.READY
    assert sandbox.count("createRender") == 2
    sandbox.deliver_webhooks(deliver)
    assert AvatarFile.objects.get(kind="portrait").state == Job.State.READY


def test_repeated_webhooks_have_one_effect(avatar, sandbox):
    sandbox.webhook_copies = 5
    services.request_files(avatar)
    told = sandbox.deliver_webhooks(deliver)
    assert {tuple(webhook.answers) for webhook in told} == {(200,) * 5}
    assert WebhookEvent.objects.count() == len(told)
    assert sandbox.count("downloadRender") == 1
    assert sandbox.count("downloadFile") == 1


def test_webhooks_in_disorder(avatar, sandbox):
    sandbox.webhook_order = "reversed"
    sandbox.export_seconds = sandbox.render_seconds = 5
    services.request_files(avatar)
    old = AvatarFile.objects.get(kind="portrait").render_id
    services.request_files(avatar)  # and the first order is outdated before it is answered
    sandbox.clock.advance(6)
    sandbox.deliver_webhooks(deliver)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, row.render_id != old) == (Job.State.READY, True)
    go_on()
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY
    outdated = WebhookEvent.objects.get(event="render.ready", payload__id=str(old))
    assert (outdated.state, outdated.error != "") == (Job.State.READY, True)


@pytest.mark.parametrize(
    "fault", ["wrong type", "truncated", "expired", "server error", "damaged picture"]
)
def test_portrait_that_arrives_broken_is_ordered_again(avatar, sandbox, fault):
    sandbox.fail_next("downloadRender", **FILE_FAULTS[fault])
    services.request_files(avatar)
    sandbox.deliver_webhooks(deliver)
    row = AvatarFile.objects.get(kind="portrait")
    assert (row.state, row.error != "", bool(row.file)) == (Job.State.PENDING, True, False)
    assert "Unexpected" not in row.error
    go_on()
    sandbox.deliver_webhooks(deliver)
    row.refresh_from_db()
    assert row.state == Job.State.READY
    assert sandbox.count("createRender") == 2


def test_forged_picture_is_not_fetched(avatar, sandbox, settings):
    """Whoever knows the address of the webhook still cannot give somebody another face."""
    services.request_files(avatar)
    row = AvatarFile.objects.get(kind="portrait")
    forged = {
        "event": "render.ready",
        "avatar_id": str(avatar.pk),
        "user_id": avatar.profile.avaturn_id,
        "status": "ready",
    }
    for render_id, url in [
        ("01985bb3-7c2a-7e19-a5d8-3e6f7a8b9c0d", f"{settings.AVATURN['API_URL']}/files/x.png"),
        (str(row.render_id), "https://evil.example/face.png"),
        (str(row.render_id), "file:///etc/passwd"),
    ]:
        message = {**forged, "id": render_id, "render_url": url}
        assert deliver(json.dumps(message).encode()) == 200
    row.refresh_from_db()
    assert not row.file
    assert stored_files() <= {AvatarFile.objects.get(kind="model").file.name}


def test_errors_carry_no_link(avatar, sandbox, configure, monkeypatch):
    """Neither the message nor what a debugger would print of the chain."""
    configure(TIMEOUT=0.4)
    seen = []
    failed = jobs.engine._failed

    def listen(row, error, max_attempts):
        seen.append("".join(traceback.format_exception(error)))
        failed(row, error, max_attempts)

    monkeypatch.setattr(jobs.engine, "_failed", listen)
    for fault in FILE_FAULTS.values():
        services.request_files(avatar)
        sandbox.fail_next("downloadFile", **fault)
        go_on()
    assert len(seen) >= len(FILE_FAULTS) - 1
    for link in sandbox.state.files:
        assert not any(link in text for text in seen)


def test_webhooks_without_a_link_order_only_so_many_pictures(avatar, sandbox):
    """Each of them costs."""
    row = services.request_portrait(avatar)
    for number in range(12):
        row.refresh_from_db()
        told = {"event": "render.ready", "avatar_id": str(avatar.pk), "status": "ready"}
        deliver(json.dumps({**told, "id": str(row.render_id), "number": number}).encode())
    assert sandbox.count("createRender") == 4
