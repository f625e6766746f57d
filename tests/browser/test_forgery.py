"""Exports that are not the user's to announce: too late, out of a sandbox, or somebody else's."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect

from django_avaturn import services
from django_avaturn.models import Avatar, AvaturnProfile
from tests.browser.test_editor import open_page, state
from tests.browser.test_messages import EXPORT

SANDBOXED = """(message) => new Promise(done => {
    addEventListener("message", done, { once: true });
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<script>parent.postMessage(${message}, "*")</` + "script>";
    document.body.append(frame);
})"""


def test_frame_without_an_origin_is_nobody(visitor, live_server, sandbox, events):
    open_page(visitor, live_server)
    state(visitor, "ready")
    visitor.evaluate(SANDBOXED, EXPORT)
    assert events() == ["ready"]
    assert not Avatar.objects.exists()


def test_message_kept_from_before_the_editor_was_closed_does_nothing(
    visitor, live_server, sandbox, events
):
    open_page(visitor, live_server)
    state(visitor, "ready")
    event = f"({{data: {EXPORT}, origin: new URL(src).origin, source}})"
    visitor.evaluate(
        f"""() => {{
            const {{ src, contentWindow: source }} = document.querySelector("iframe.avaturn-frame");
            const kept = new MessageEvent("message", {event});
            document.querySelector("avaturn-editor").close();
            dispatchEvent(kept);
        }}"""
    )
    expect(visitor.locator("iframe.avaturn-frame")).to_have_count(0)
    assert events() == ["ready", "close"]
    assert not Avatar.objects.exists()


@pytest.mark.parametrize("known", [True, False])
def test_editor_that_names_somebody_elses_avatar_is_told_nothing(
    visitor, live_server, sandbox, events, bob, known
):
    """The editor's own frame, gone bad: the right window, the right origin, the wrong avatar."""
    profile = services.get_profile(bob)
    theirs = UUID(sandbox.add_avatar(profile.avaturn_id))
    if known:
        services.sync_profile(profile)
    before = list(Avatar.objects.values())
    open_page(visitor, live_server)
    state(visitor, "ready")
    own = next(one for one in visitor.frames if one.parent_frame)
    forged = EXPORT.replace("01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e", str(theirs))
    own.evaluate(f"parent.postMessage({forged}, '*')")
    state(visitor, "failed")
    assert events()[:2] == ["ready", "export"]
    assert "saved" not in events()
    assert list(Avatar.objects.values()) == before
    assert not AvaturnProfile.objects.exclude(user=bob).filter(avatars__isnull=False).exists()
