"""What can be set on a sandbox at any time, to let it be slow, odd or unlucky."""

from __future__ import annotations

from typing import Any

from . import validation as check

REVERSED = "reversed"
T1, T2 = "T1", "T2"


class Switches:
    """The switches of a `Sandbox`.

    How long work takes, in seconds by the sandbox's clock:
        processing_seconds: from the upload of the photos to a ready avatar.
        export_seconds, render_seconds: from the call that orders it to the file. Even with 0 the
            first answer is ``pending``; the webhook follows, and the next call has the link.
        at_once: answer ``ready`` in the first call, with the link and no webhook.

    Bad luck, used up one by one; each is decided when the work starts:
        fail_avatars, fail_exports, fail_renders: so many of the next ones end as ``failed``.
        lose_webhooks: so many of the next webhooks are made and never delivered.

    Webhooks:
        webhook_copies: how often each one is delivered.
        webhook_order: empty for the order in which work ends; ``reversed`` waits until no work is
            left and then starts with the latest.
        early_webhooks: deliver what is due by then before the call that ordered it is answered.
        avatar_status_told: whether ``avatar.ready`` has a ``status``; the service may have none.

    Models and the editor:
        export_kind: ``dataURL`` or ``httpURL``, the link kind of the editor's export.
        export_bytes: pad models to at least this size.
        avatar_type: ``T1``, or ``T2`` for models that are exported from now on with blendshapes.
        plain_pictures: let pictures have one colour each, since drawing takes a second or two.
        scenario: a misbehaviour for editor sessions made from now on, see `editor.SCENARIOS`.
        slow_seconds: the delay of the scenario ``slow_handshake``.

    What the documentation of the service leaves open:
        missing_token_status: 401, or 403 as older versions of the framework say.
        delete_status: 200, 202 or 204.
        refuse_unopened: answer badly for uploaded avatars that nobody has customised yet.
        upload_limit: refuse photos that are more bytes together; 0 for no limit.
    """

    def _default_switches(self) -> None:
        self.processing_seconds = 3.0
        self.export_seconds = 0.0
        self.render_seconds = 0.0
        self.at_once = False
        self.fail_avatars = 0
        self.fail_exports = 0
        self.fail_renders = 0
        self.lose_webhooks = 0
        self.webhook_copies = 1
        self.webhook_order = ""
        self.early_webhooks = False
        self.avatar_status_told = True
        self.export_kind = "dataURL"
        self.export_bytes = 0
        self.avatar_type = T1
        self.plain_pictures = False
        self.scenario = ""
        self.slow_seconds = 3.0
        self.missing_token_status = 401
        self.delete_status = 200
        self.refuse_unopened = False
        self.upload_limit = 0

    @property
    def moves_faces(self) -> bool:
        """Whether models have blendshapes."""
        return self.avatar_type == T2

    def use_up(self, switch: str) -> bool:
        """Take one from a counting switch; False when nothing is left of it."""
        left: int = getattr(self, switch)
        if left > 0:
            setattr(self, switch, left - 1)
        return left > 0


SECONDS = dict.fromkeys(
    ("processing_seconds", "export_seconds", "render_seconds", "slow_seconds"), check.not_negative
)
COUNTS = dict.fromkeys(
    (
        "fail_avatars",
        "fail_exports",
        "fail_renders",
        "lose_webhooks",
        "webhook_copies",
        "export_bytes",
        "upload_limit",
    ),
    check.whole_number,
)
FLAGS = dict.fromkeys(
    ("at_once", "early_webhooks", "avatar_status_told", "plain_pictures", "refuse_unopened"),
    check.flag,
)
CHOICES = {
    "webhook_order": check.one_of("", REVERSED),
    "export_kind": check.one_of("dataURL", "httpURL"),
    "avatar_type": check.one_of(T1, T2),
    "missing_token_status": check.one_of(401, 403),
    "delete_status": check.one_of(200, 202, 204),
}
REMOTE: dict[str, check.Check] = {**SECONDS, **COUNTS, **FLAGS, **CHOICES}
"""The switches that can be set over HTTP. Addresses cannot: everybody here may call it."""


def read(switches: Switches) -> dict[str, Any]:
    """The present values of what can be set over HTTP."""
    return {name: getattr(switches, name) for name in REMOTE}
