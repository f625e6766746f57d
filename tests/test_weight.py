"""What a page loads before anybody opens the editor: the bench's own count, held to its goals."""

from __future__ import annotations

import pytest

from tests.bench import weight
from tests.bench.table import Mode

pytestmark = pytest.mark.django_db


def test_page_is_as_light_as_it_is_told_to_be():
    held = [figure for figure in weight.measure(Mode()) if figure.bound]
    assert len(held) == 3
    assert [figure for figure in held if figure.verdict != "ok"] == []
