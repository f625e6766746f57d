"""Our pages of the admin. What is Django's own around them is left to Django."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from django_avaturn.models import AvatarFile, FileDeletion, RemoteDeletion, WebhookEvent
from tests import cards

from .audit import faults

BASE = "/admin/django_avaturn/"
DJANGOS_OWN = ("#changelist-filter", "#nav-sidebar", "#searchbar", ".breadcrumbs", "thead th:empty")
"""Small or faint links, a field with a title for a label, links like text, a nameless column."""


@pytest.fixture
def rows(site, ann, log_in):
    """A row in each table; in the browser is a superuser."""
    log_in(get_user_model().objects.create_superuser("boss"))
    avatar = cards.card(ann, "outdated", portrait="ready", gender="male")
    cards.activate(avatar)
    cards.card(ann, "lost", avaturn_id="")
    model = AvatarFile.objects.get(avatar=avatar, kind="model")
    AvatarFile.objects.filter(pk=model.pk).update(error="Avaturn said no. " * 9)
    return {
        "avatar": avatar,
        "avaturnprofile": avatar.profile,
        "avatarfile": model,
        "filedeletion": FileDeletion.objects.create(name="avaturn/ab/x.glb", state="failed"),
        "remotedeletion": RemoteDeletion.objects.create(avaturn_id="r1", due_at=None),
        "webhookevent": WebhookEvent.objects.create(event="avatar.created", due_at=None),
    }


@pytest.mark.parametrize("path", ["", "{}/change/"])
def test_lists_and_rows(site, live_server, rows, path):
    found = []
    for model, row in rows.items():
        site.goto(f"{live_server.url}{BASE}{model}/{path.format(row.pk)}")
        found += [f"{model}: {line}" for line in faults(site, leave_out=DJANGOS_OWN)]
    assert found == []


def test_asking_before_a_deletion(site, live_server, rows):
    for model in ("avatar", "avaturnprofile"):
        site.goto(f"{live_server.url}{BASE}{model}/{rows[model].pk}/delete/")
        assert faults(site, leave_out=DJANGOS_OWN) == []
