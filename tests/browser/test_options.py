"""The options of the editor tag, the SDK as custom UIs use it, and what the page hears of it."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from uuid import UUID

import pytest
from playwright.sync_api import Error, expect

from django_avaturn import services
from django_avaturn.models import Avatar
from django_avaturn.sandbox import catalogue
from tests.browser.test_editor import create, frame, next_, retry, state

pytestmark = pytest.mark.urls("tests.option_urls")

SDK = """
const editor = document.querySelector("avaturn-editor");
const { sdk } = editor;
"""
CUSTOM_UI = "disable_ui=True"


def open_page(page, live_server, tag="", **query):
    page.goto(f"{live_server.url}/options/?{urlencode({'tag': tag, **query}, doseq=True)}")


def asks(page, live_server):
    """What the page posts for sessions."""
    asked = []
    page.on(
        "request",
        lambda request: request.url.endswith("/sessions/") and asked.append(request.post_data_json),
    )
    return asked


def run(page, script):
    return page.evaluate(f"async () => {{ {SDK} {script} }}")


@pytest.fixture
def editing(visitor, live_server, sandbox, ann, make_avatar):
    """Open one of Ann's avatars in an editor with these options of the tag."""
    avatar = make_avatar(ann)
    sandbox.set_status(str(avatar.pk), "ready")

    def open_editor(tag=CUSTOM_UI, **query):
        open_page(visitor, live_server, f"avatar=avatar {tag}", avatar=avatar.pk, **query)
        state(visitor, "ready")
        expect(frame(visitor).locator("html")).to_have_attribute("data-state", "editor")
        return visitor

    return open_editor


@pytest.mark.parametrize(
    ("tag", "body"),
    [("", {}), ('type="create"', {"type": "create"}), ("start_over=True", {"start_over": True})],
)
def test_what_is_asked_for(visitor, live_server, sandbox, tag, body):
    asked = asks(visitor, live_server)
    open_page(visitor, live_server, tag)
    state(visitor, "ready")
    assert asked == [body]


def test_an_avatar_is_edited_by_its_id(editing, visitor, live_server):
    asked = asks(visitor, live_server)
    editing("")
    avatar = Avatar.objects.get()
    assert asked == [{"type": "edit_existing", "avatar_id": str(avatar.pk)}]


def test_starting_over_happens_once(visitor, live_server, sandbox, ann):
    """A link that is renewed, Retry and an element that comes back must not do it again."""
    first = services.get_profile(ann).avaturn_id
    asked = asks(visitor, live_server)
    sandbox.scenario = "auth_error"
    open_page(visitor, live_server, "start_over=True")
    state(visitor, "failed")
    sandbox.scenario = ""
    retry(visitor)
    state(visitor, "ready")
    visitor.evaluate("window.kept = document.querySelector('avaturn-editor'); kept.remove()")
    visitor.evaluate("document.body.append(kept)")
    state(visitor, "ready")
    assert asked == [{"start_over": True}, *[{"start_over": False}] * 3]
    assert services.get_profile(ann).avaturn_id != first


def test_starting_over_is_tried_again_where_it_failed(visitor, live_server, sandbox):
    asked = asks(visitor, live_server)
    sandbox.fail_next("createSession", status=401)
    open_page(visitor, live_server, "start_over=True")
    state(visitor, "failed")
    retry(visitor)
    state(visitor, "ready")
    assert asked == [{"start_over": True}] * 2


def test_each_opening_of_a_dialog_starts_over(visitor, live_server, sandbox):
    asked = asks(visitor, live_server)
    open_page(visitor, live_server, "dialog=True start_over=True")
    for _ in range(2):
        visitor.get_by_role("button", name="Edit avatar").click()
        state(visitor, "ready")
        visitor.get_by_role("button", name="Close the editor").click()
        state(visitor, "idle")
    assert asked == [{"start_over": True}] * 2


SHOES = [asset.id for asset in catalogue.ASSETS if asset.slot == "shoes"]


def test_default_assets_are_worn(visitor, live_server, sandbox):
    for wanted in SHOES[:2]:
        open_page(visitor, live_server, 'type="create" default_assets=assets', asset=wanted)
        state(visitor, "ready")
        create(visitor)
        worn = run(visitor, "return (await sdk.getActiveAssets()).footwear")
        assert worn == wanted


def test_default_assets_override_what_was_saved_only_if_told(editing, visitor):
    saved = run(editing(), "return (await sdk.getActiveAssets()).footwear")
    run(visitor, "await editor.save()")
    wanted = next(asset for asset in SHOES if asset != saved)
    for override, expected in (("", saved), ("override_saved=True", wanted)):
        editing(f'default_assets="{wanted}, " {override}')
        assert run(visitor, "return (await sdk.getActiveAssets()).footwear") == expected


def test_custom_ui_changes_and_saves(editing, visitor, sandbox, events):
    """Without the editor's own controls, `save()` stands for its button."""
    editing()
    expect(frame(visitor).get_by_test_id("next")).to_be_hidden()
    saved = run(
        visitor,
        """
        for (const value of [10, 20, 30]) sdk.setBodyProportions("head", value);
        return editor.save();
        """,
    )
    state(visitor, "saved")
    avatar = Avatar.objects.get()
    assert UUID(saved["id"]) == avatar.pk
    assert saved["active"]
    remote = sandbox.users[avatar.profile.avaturn_id].avatars[str(avatar.pk)]
    assert remote.customization["bone_scale"]["head"] == 30  # it waits for what was asked before
    assert events() == ["ready", "export", "saved"]


def test_save_that_fails_rejects_with_words_for_people(editing, visitor, sandbox, events):
    editing()
    sandbox.fail_next("listUserAvatars", status=500)
    with pytest.raises(Error, match="made, but not saved here yet"):
        run(visitor, "await editor.save()")
    state(visitor, "failed")
    retry(visitor)
    state(visitor, "saved")
    assert events() == ["ready", "export", "error", "saved"]


def test_save_resolves_with_nothing_where_the_page_handles_the_export(editing, visitor, sandbox):
    editing()
    visitor.evaluate("addEventListener('avaturn:export', event => event.preventDefault())")
    sandbox.calls.clear()
    saved = run(visitor, "return await editor.save() ?? 'nothing'")
    assert saved == "nothing"
    assert sandbox.count("listUserAvatars") == 0


def test_save_without_an_open_editor_rejects(visitor, live_server, sandbox):
    open_page(visitor, live_server, "dialog=True")
    state(visitor, "idle")
    with pytest.raises(Error, match="could not be opened"):
        run(visitor, "await editor.save()")


def test_many_calls_at_once_all_settle(editing, visitor):
    answers = run(
        editing(),
        """
        const now = Date.now;
        Date.now = () => 1234567890123;  // all of them in one millisecond
        const hairs = Array.from({ length: 8 }, (_, n) => "#00000" + n);
        const calls = [
          ...hairs.map((hair) => sdk.setHairColor(hair)), sdk.getHairColor(), sdk.getHairColor(),
          ...[1, 2, 3].map((value) => sdk.setSkinToneCorrection(value)),
          ...["head", "arms", "chest"].map((key) => sdk.setBodyProportions(key, 5)),
          sdk.getBodyProportions(), sdk.getAssetList(), sdk.getAvatarId(), sdk.exportAvatar(),
          sdk.exportAvatar(),
        ];
        const settled = await Promise.allSettled(calls);
        Date.now = now;
        return [settled.map(({ status }) => status), await sdk.getHairColor(),
                await sdk.getSkinToneCorrection()];
        """,
    )
    assert answers == [["fulfilled"] * 21, "#000007", 3]


def test_refusals_are_errors(editing, visitor):
    told = run(
        editing(),
        """
        const calls = ["red", "#000000"].map((color) => sdk.setHairColor(color));
        const settled = await Promise.allSettled(calls);
        const isError = ({ reason }) => reason instanceof Error;
        return settled.map((one) => [one.status, isError(one), one.reason?.message]);
        """,
    )
    refused = "set_hair_color: Expected a colour like #aabbcc"
    assert told == [["rejected", True, refused], ["fulfilled", False, None]]


def test_calls_have_a_time_limit_and_one_that_hangs_does_not_stop_the_next(editing, visitor):
    visitor.clock.install()
    editing()
    visitor.evaluate(
        """() => {
          const { sdk } = document.querySelector("avaturn-editor");
          const peer = sdk.recipient;
          sdk.recipient = { postMessage: () => window.lost = true };
          window.outcomes = Promise.allSettled([sdk.getHairColor(), sdk.getHairColor()]);
          window.swap = () => (sdk.recipient = peer);
        }"""
    )
    visitor.wait_for_function("window.lost")
    visitor.evaluate("swap()")
    visitor.clock.fast_forward(20_001)
    told = visitor.evaluate(
        "outcomes.then((all) => all.map(({ status, reason }) => [status, reason?.message]))"
    )
    lost = ["rejected", "get_hair_color: no answer within 20 seconds"]
    assert told == [lost, ["fulfilled", None]]


def test_calls_that_are_pending_reject_when_the_editor_is_closed(editing, visitor):
    told = run(
        editing(),
        """
        sdk.recipient = { postMessage() {} };
        const calls = [sdk.getHairColor(), sdk.getHairColor(), sdk.exportAvatar()];
        await new Promise((done) => setTimeout(done));
        editor.close();
        calls.push(sdk.getBodyList());
        const settled = await Promise.allSettled(calls);
        return settled.map(({ reason }) => reason.message);
        """,
    )
    asked = ("get_hair_color", "get_hair_color", "export_avatar", "get_bodies_list")
    assert told == [f"{name}: the editor is closed" for name in asked]


def test_the_page_hears_what_is_changed(visitor, live_server, sandbox):
    visitor.add_init_script(
        """
        window.told = [];
        for (const name of ["load", "asset", "body", "param"])
          addEventListener(`avaturn:${name}`, ({ detail }) => told.push([name, detail]), true);
        """
    )
    open_page(visitor, live_server)
    create(visitor)
    option = frame(visitor).get_by_test_id
    option(re.compile("^option-body-")).last.click()
    option(re.compile("^option-hair_color-")).last.click()
    option(re.compile("^option-shoes-")).last.click()
    visitor.wait_for_function("told.length >= 4")
    names, details = zip(*visitor.evaluate("told"), strict=True)
    assert names == ("load", "body", "param", "asset")
    assert details[1]["id"].startswith("body_")
    assert details[2] == {"key": "hair_color", "value": details[2]["value"]}
    assert UUID(details[3]["id"])


def test_a_part_of_ours_that_cannot_be_loaded_can_be_tried_again(visitor, live_server, sandbox):
    visitor.route("**/frame.js*", lambda route: route.abort(), times=1)
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(visitor.get_by_text("could not be loaded")).to_be_visible()
    retry(visitor)
    state(visitor, "ready")


def test_nothing_of_the_editor_is_loaded_before_it_opens(visitor, live_server, sandbox):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    open_page(visitor, live_server, "dialog=True")
    visitor.wait_for_load_state("networkidle")
    assert any("editor.js" in url for url in asked)
    assert not [url for url in asked if "frame.js" in url or "sdk" in url or "portrait.js" in url]


def test_element_is_what_it_says(editing, visitor):
    """The object is the official one: a subclass with nothing taken away."""
    same = run(
        editing(""),
        """
        const { AvaturnSDK } = await import(editor.dataset.sdkUrl);
        return sdk instanceof AvaturnSDK && sdk.getHairColor === AvaturnSDK.prototype.getHairColor;
        """,
    )
    assert same is True
    next_(visitor)
    state(visitor, "saved")


def test_private_names_of_the_sdk_that_ours_relies_on(editing, visitor):
    """Pinned: a new release of the SDK that renames them would switch the guards off silently."""
    found = run(
        editing(""),
        """
        const { Messaging } = await import(editor.dataset.sdkUrl);
        const own = (name) => Object.hasOwn(Messaging.prototype, name) && Messaging.prototype[name];
        return {
          send: own("sendMessage").length, hear: own("messageHandler").length,
          frame: sdk.sceneRef === editor.querySelector("iframe"),
          peer: sdk.recipient === sdk.sceneRef.contentWindow,
          source: String(sdk.exportAvatar).includes('"export_avatar"'),
        };
        """,
    )
    assert found == {"send": 4, "hear": 1, "frame": True, "peer": True, "source": True}
