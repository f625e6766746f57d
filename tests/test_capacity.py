"""What docs/scaling.rst reckons with: the calls to Avaturn, and the rows, that a person brings."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from django_avaturn.models import Avatar, AvatarFile, WebhookEvent

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scaling.rst"
API = ("create", "list", "get", "delete")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spent(avaturn):
    """Calls to the API, and downloads, since the last time."""
    avaturn.sandbox.plain_pictures = True
    seen = Counter()

    def since():
        nonlocal seen
        avaturn.settle()
        now = Counter(avaturn.calls)
        new, seen = now - seen, now
        calls = sum(count for name, count in new.items() if name.startswith(API))
        return calls, sum(new.values()) - calls

    return since


def told():
    """The table's rows: what somebody does, then numbers."""
    rows = re.findall(r"^   \* - (.+)\n     - (\d+)\n     - (\d+)$", PAGE.read_text("utf-8"), re.M)
    return {what: (int(calls), int(downloads)) for what, calls, downloads in rows}


def test_calls_are_those_of_the_page(avaturn, ann, spent):
    found = {}
    avatar = avaturn.export(ann)
    found["First avatar, from the first visit to the stored files"] = spent()
    avaturn.export(ann, avatar)
    found["A later edit, with its files"] = spent()
    Avatar.objects.get().delete()
    found["An avatar deleted"] = spent()
    assert found == told()


def test_rows_are_those_of_the_page(avaturn, ann, spent):
    avaturn.export(ann)
    spent()
    counts = [model.objects.count() for model in (Avatar, AvatarFile, WebhookEvent)]
    assert counts == [1, 2, 2]
