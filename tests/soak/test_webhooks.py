"""From three photos to model and picture, twice, however the webhooks come, or do not."""

from __future__ import annotations

import io
import json
import threading
from uuid import uuid4

import pytest
from django.db import connections

from django_avaturn import services
from django_avaturn.client import Customization
from django_avaturn.jobs.files import MAX_RENDERS
from django_avaturn.models import Avatar, AvatarFile, Job, WebhookEvent
from tests.photographs import photo, three

from .agreement import file
from .evening import let_an_hour_go_by, run_cron
from .operations import SECRET, deliver
from .people import World

pytestmark = pytest.mark.django_db(transaction=True)

ALL = 10_000
DAYS = {
    "in order": {},
    "three times each": {"webhook_copies": 3},
    "the latest first": {"webhook_order": "reversed"},
    "before the answer to the call": {"early_webhooks": True},
    "without a status": {"avatar_status_told": False},
    "the first lost": {"lose_webhooks": 1},
    "the first five lost": {"lose_webhooks": 5},
    "all lost": {"lose_webhooks": ALL},
    "three times each, the latest first, the first two lost": {
        "webhook_copies": 3,
        "webhook_order": "reversed",
        "lose_webhooks": 2,
    },
    "three times each before the answer, the first lost": {
        "webhook_copies": 3,
        "early_webhooks": True,
        "lose_webhooks": 1,
    },
    "an hour late": {"export_seconds": 3600, "render_seconds": 3600},
    "late, and the latest first": {
        "export_seconds": 60,
        "render_seconds": 30,
        "webhook_order": "reversed",
    },
    "among forged ones": {"forged": True},
}


@pytest.fixture
def site(sandbox, configure):
    configure(WEBHOOK_SECRETS=[SECRET])

    site = Site(sandbox, "", {})
    sandbox.deliver = site.take
    return site


class Site(World):
    """Answers a webhook before it does what follows from it, as servers do."""

    def __init__(self, *args):
        super().__init__(*args)
        self.at_work = []

    def take(self, body):
        self.at_work.append(threading.Thread(target=self.work, args=[body]))
        self.at_work[-1].start()
        return 200

    def work(self, body):
        self.answers["webhook", deliver(body)] += 1
        connections.close_all()

    def finish(self):
        while self.at_work:
            self.at_work.pop().join()


def forge(avatar):
    """What somebody could send who knows the address of the webhook."""
    for event in ("avatar.ready", "export.ready", "render.ready"):
        for status in ("ready", "failed"):
            message = {
                "event": event,
                "status": status,
                "avatar_id": str(avatar.pk),
                "user_id": avatar.avaturn_id,
                "id": str(uuid4()),
                "render_url": "https://evil.example/face.png",
                "export_url": "https://evil.example/model.glb",
            }
            assert deliver(json.dumps(message).encode()) == 200


def let_hours_go_by(site, avatar, forged):
    """Six of them, in which cron runs."""
    site.finish()
    for _ in range(6):
        site.sandbox.clock.advance(3600)
        if forged:
            forge(avatar)
        site.sandbox.deliver_webhooks()
        site.finish()
        let_an_hour_go_by()
        run_cron()
        site.finish()


def check(world, lost):
    """Both files are there, of the avatar as it is now; without webhooks the browser is asked."""
    model, portrait = (AvatarFile.objects.get(kind=kind) for kind in ("model", "portrait"))
    assert list(file(model, world)) == []
    if lost:
        assert (portrait.state, portrait.awaits_browser) == (Job.State.FAILED, True)
        picture = io.BytesIO(photo(format="PNG"))
        services.store_portrait(portrait.avatar, picture, model.version)
        portrait.refresh_from_db()
        assert portrait.state == Job.State.READY
    else:
        assert list(file(portrait, world)) == []


@pytest.mark.parametrize("day", DAYS)
def test_nothing_depends_on_webhooks(ann, site, sandbox, day):
    switches = dict(DAYS[day])
    forged, lost = switches.pop("forged", False), switches.get("lose_webhooks") == ALL
    for name, value in switches.items():
        setattr(sandbox, name, value)

    avatar = services.create_avatar(ann, **three(size=(64, 80)), body_type="female")
    let_hours_go_by(site, avatar, forged)
    assert Avatar.objects.get().status == "ready"
    check(site, lost)

    services.set_customization(Avatar.objects.get(), Customization(skin_tone_correction=30))
    let_hours_go_by(site, avatar, forged)
    check(site, lost)

    assert sandbox.count("downloadFile") == 2
    assert sandbox.count("downloadRender") == (0 if lost else 2)
    assert sandbox.count("createRender") <= 2 * MAX_RENDERS
    assert Avatar.objects.get().profile.active_avatar_id == avatar.pk
    assert {status for _, status in site.answers} <= {200}
    assert not WebhookEvent.objects.exclude(state=Job.State.READY).exists()
