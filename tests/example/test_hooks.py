"""What the example decides for itself is something that Avaturn takes."""

from __future__ import annotations

import pytest
from members.hooks import PlazaHooks

from django_avaturn.models import Avatar
from django_avaturn.sandbox import catalogue


@pytest.mark.parametrize("gender", ["female", "male", ""])
def test_the_first_clothes_fit(gender: str) -> None:
    look = PlazaHooks().default_customization(Avatar(gender=gender))
    look.validate()
    assert catalogue.body_for(look.body).gender == (gender or "male")
    for slot, item in look.assets.items():
        assert item
        asset = catalogue.asset_by_id(str(item.id))
        assert asset
        assert catalogue.API_SLOTS[asset.slot] == slot
