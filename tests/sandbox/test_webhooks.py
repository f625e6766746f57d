"""What the site is told, and when."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.sandbox.conftest import export, render
from tests.sandbox.test_uploads import form, upload

SPEC = yaml.safe_load(Path(__file__).parents[1].joinpath("contract/openapi.yaml").read_text())
SCHEMAS = {
    "avatar.ready": "AvatarReadyWebhook",
    "export.ready": "ExportReadyWebhook",
    "render.ready": "RenderReadyWebhook",
}


def assert_fits(payload):
    reference = f"#/components/schemas/{SCHEMAS[payload['event']]}"
    schema = {"$ref": reference, "components": SPEC["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(payload)
    known = SPEC["components"]["schemas"][SCHEMAS[payload["event"]]]["properties"]
    assert set(payload) <= set(known)


def reserve(call, user):
    return call("POST", "/api/v1/avatars/new", {"user_id": user}).json()


def test_an_export_ends_with_a_webhook(call, sandbox, user, avatar, got):
    assert export(call, avatar) == {"status": "pending", "url": None}

    (webhook,) = sandbox.deliver_webhooks()

    (payload,) = got
    assert_fits(payload)
    link = payload.pop("export_url")
    assert payload == {
        "avatar_id": avatar,
        "user_id": user,
        "event": "export.ready",
        "status": "ready",
    }
    assert link.startswith("http://sandbox.test/files/")
    assert call("GET", link, token=None).body[:4] == b"glTF"
    assert sandbox.webhooks == [webhook]
    assert (webhook.event, webhook.answers) == ("export.ready", [200])
    assert export(call, avatar)["status"] == "ready"
    assert sandbox.deliver_webhooks() == []


def test_the_webhook_waits_for_the_end_of_the_work(call, sandbox, avatar, got):
    sandbox.export_seconds = 60
    export(call, avatar)
    export(call, avatar)

    assert sandbox.deliver_webhooks() == []
    sandbox.clock.advance(61)
    assert len(sandbox.deliver_webhooks()) == 1


def test_a_version_that_was_exported_sends_nothing(call, sandbox, avatar, got):
    export(call, avatar)
    sandbox.deliver_webhooks()
    assert export(call, avatar)["status"] == "ready"
    assert sandbox.deliver_webhooks() == []

    call("PUT", f"/api/v1/avatars/{avatar}/customization", {"skin_tone_correction": 9})
    assert export(call, avatar)["status"] == "pending"
    assert len(sandbox.deliver_webhooks()) == 1


def test_what_is_exported_is_the_version_that_was_ordered(call, sandbox, avatar, got):
    sandbox.export_seconds = 5
    export(call, avatar)
    call("PUT", f"/api/v1/avatars/{avatar}/customization", {"skin_tone_correction": 50})
    export(call, avatar)
    sandbox.clock.advance(6)
    sandbox.deliver_webhooks()

    first, second = (call("GET", payload["export_url"]).body for payload in got)
    assert first != second == call("GET", export(call, avatar)["url"]).body


def test_a_render_ends_with_a_webhook(call, sandbox, user, avatar, got):
    ordered = render(call, avatar)
    sandbox.deliver_webhooks()

    (payload,) = got
    assert_fits(payload)
    link = payload.pop("render_url")
    assert payload == {
        "avatar_id": avatar,
        "user_id": user,
        "event": "render.ready",
        "id": ordered["id"],
        "status": "ready",
    }
    assert call("GET", link, token=None).status == 200
    sandbox.clock.advance(901)
    assert call("GET", link, token=None).status == 403


def test_a_render_may_take_its_time(call, sandbox, avatar, got):
    sandbox.render_seconds = 30
    assert render(call, avatar)["status"] == "pending"
    sandbox.clock.advance(29)
    assert sandbox.deliver_webhooks() == []
    sandbox.clock.advance(2)
    assert len(sandbox.deliver_webhooks()) == 1


def test_the_link_counts_from_the_webhook(call, sandbox, avatar, got):
    render(call, avatar)
    sandbox.clock.advance(5000)
    sandbox.deliver_webhooks()

    assert call("GET", got[0]["render_url"]).status == 200


@pytest.mark.parametrize(("fails", "status"), [(0, "ready"), (1, "failed")])
def test_photos_end_with_a_webhook(call, sandbox, user, got, fails, status):
    sandbox.fail_avatars = fails
    reserved = reserve(call, user)
    upload(call, reserved["upload_url"], form())
    assert sandbox.deliver_webhooks() == []
    sandbox.clock.advance(sandbox.processing_seconds + 1)
    sandbox.deliver_webhooks()

    (payload,) = got
    assert_fits(payload)
    assert payload == {
        "avatar_id": reserved["avatar_id"],
        "user_id": user,
        "event": "avatar.ready",
        "status": status,
        "session_id": None,
    }
    assert sandbox.users[user].avatars[reserved["avatar_id"]].status == status


def test_photos_sent_twice_are_processed_once_and_may_then_go_well(call, sandbox, user, got):
    sandbox.fail_avatars = 1
    reserved = reserve(call, user)
    for _ in range(2):
        upload(call, reserved["upload_url"], form())
    sandbox.clock.advance(60)

    assert [hook.payload["status"] for hook in sandbox.deliver_webhooks()] == ["ready"]


def test_the_service_may_leave_out_the_status(call, sandbox, user, got):
    sandbox.avatar_status_told = False
    upload(call, reserve(call, user)["upload_url"], form())
    sandbox.clock.advance(60)
    sandbox.deliver_webhooks()

    assert_fits(got[0])
    assert "status" not in got[0]


def test_a_failed_export_is_told_by_webhook_and_then_begins_anew(call, sandbox, avatar, got):
    sandbox.fail_exports = 1
    assert export(call, avatar)["status"] == "pending"
    sandbox.deliver_webhooks()

    assert_fits(got[0])
    assert (got[0]["status"], got[0]["export_url"]) == ("failed", None)
    assert export(call, avatar)["status"] == "pending"
    sandbox.deliver_webhooks()
    assert [payload["status"] for payload in got] == ["failed", "ready"]


def test_without_webhooks_a_failed_export_is_told_once_by_the_answer(call, sandbox, avatar):
    sandbox.fail_exports = 1

    told = [export(call, avatar)["status"] for _ in range(4)]

    assert told == ["pending", "failed", "pending", "ready"]


def test_a_failure_stays_one_when_the_webhook_comes_late(call, sandbox, avatar, got):
    sandbox.fail_exports = 1
    for _ in range(4):
        export(call, avatar)
    sandbox.deliver_webhooks()

    assert [payload["status"] for payload in got] == ["failed", "ready"]


def test_failed_renders(call, sandbox, avatar, got):
    sandbox.fail_renders = 2
    for _ in range(3):
        assert render(call, avatar)["status"] == "pending"
    sandbox.deliver_webhooks()

    for payload in got:
        assert_fits(payload)
    assert [payload["status"] for payload in got] == ["failed", "failed", "ready"]
    assert [payload["render_url"] is None for payload in got] == [True, True, False]


def test_an_avatar_without_photos_has_no_picture(call, sandbox, user, got):
    render(call, reserve(call, user)["avatar_id"])
    sandbox.deliver_webhooks()

    assert got[0]["status"] == "failed"


def test_a_failed_avatar_has_no_picture_either(call, sandbox, avatar, got):
    sandbox.set_status(avatar, "failed")

    answer = render(call, avatar)

    assert (answer["status"], answer["render_url"]) == ("failed", None)
    assert sandbox.deliver_webhooks() == []


def test_a_render_waits_for_the_avatar(call, sandbox, user, got):
    reserved = reserve(call, user)
    upload(call, reserved["upload_url"], form())
    render(call, reserved["avatar_id"])
    assert sandbox.deliver_webhooks() == []
    sandbox.clock.advance(60)
    sandbox.deliver_webhooks()

    assert {payload["event"]: payload["status"] for payload in got} == {
        "avatar.ready": "ready",
        "render.ready": "ready",
    }


def test_answers_can_be_ready_at_once_and_then_no_webhook_comes(call, sandbox, avatar):
    sandbox.at_once = True

    exported, rendered = export(call, avatar), render(call, avatar)

    assert call("GET", exported["url"]).body[:4] == b"glTF"
    assert call("GET", rendered["render_url"]).status == 200
    assert (exported["status"], rendered["status"]) == ("ready", "ready")
    assert sandbox.deliver_webhooks(lambda body: 200) == []
    sandbox.fail_exports = sandbox.fail_renders = 1
    call("PUT", f"/api/v1/avatars/{avatar}/customization", {"skin_tone_correction": 9})
    assert export(call, avatar) == {"status": "failed", "url": None}
    assert render(call, avatar)["status"] == "failed"


def test_what_is_deleted_is_not_told_of(call, sandbox, user, avatar, got):
    render(call, avatar)
    export(call, avatar)
    call("DELETE", f"/api/v1/users/{user}/avatars/{avatar}")

    assert sandbox.deliver_webhooks() == []
