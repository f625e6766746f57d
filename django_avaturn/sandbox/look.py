"""The look of a figure, and the two other forms in which it travels.

The API writes it as a customisation (asset ids in slots), the editor page as a flat mapping of
names; the geometry takes it as a `Look`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from . import catalogue

RGB = re.compile(r"#[0-9a-fA-F]{6}")
RGBA = re.compile(r"#[0-9a-fA-F]{8}")


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that changes how a figure looks."""

    body: str = "body_0"
    skin: float = 0.0
    hair: str = "short"
    hair_color: str = "#5d3b28"
    outfit: str = "hoodie"
    shoes: str = "sneakers"
    glasses: str = catalogue.EMPTY
    lens: str = "#22222230"
    head: float = 0.0
    arms: float = 0.0
    chest: float = 0.0
    eyes: str = "brown"

    @property
    def gender(self) -> str:
        """``male`` or ``female``, by the body preset."""
        return catalogue.body_for(self.body).gender

    def as_mapping(self) -> dict[str, Any]:
        """The form of the editor page."""
        return asdict(self)


STARTERS = {
    "body_0": Look(),
    "body_1": Look("body_1", hair="long", hair_color="#8a4526", outfit="dress", shoes="loafers"),
    "body_2": Look("body_2", 30, "curly", "#26211f", "tee", "boots"),
    "body_3": Look("body_3", -25, "bob", "#26211f", "stripes", "sneakers", "round"),
}
"""What a new figure of each preset wears."""


def starter(body_id: str) -> Look:
    """The look of a new figure."""
    return STARTERS[catalogue.body_for(body_id).id]


def from_mapping(given: Mapping[str, Any], base: Look | None = None) -> Look:
    """Read the editor page's form; anything unknown keeps the value of ``base``."""
    base = base or Look()
    values = base.as_mapping()
    for name in (field.name for field in fields(Look)):
        if name in given:
            values[name] = _read(name, given[name], values[name])
    return Look(**values)


def _read(name: str, value: object, fallback: Any) -> Any:
    if name in {"skin", "head", "arms", "chest"}:
        limit = 50 if name == "skin" else 100
        return _bounded(value, limit, fallback)
    word = str(value)
    known = {
        "body": word in {body.id for body in catalogue.BODIES},
        "hair_color": bool(RGB.fullmatch(word)),
        "lens": bool(RGBA.fullmatch(word)),
        "eyes": word in catalogue.EYE_COLORS,
    }.get(name, word == catalogue.EMPTY or catalogue.asset_named(name, word) is not None)
    return word if known else fallback


def _bounded(value: object, limit: float, fallback: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return fallback
    if not math.isfinite(number):
        return fallback
    return max(-limit, min(limit, number))


def from_customization(custom: Mapping[str, Any], eyes: str = "brown") -> Look:
    """Read the API's form; missing or null slots are empty."""
    slots = custom.get("assets") or {}
    bones = custom.get("bone_scale") or {}
    hair = slots.get(catalogue.API_SLOTS["hair"]) or {}
    eyewear = slots.get(catalogue.API_SLOTS["glasses"]) or {}
    given = {
        "body": catalogue.body_for(custom.get("body", "body_0")).id,
        "skin": custom.get("skin_tone_correction", 0),
        "hair_color": hair.get("color"),
        "lens": eyewear.get("color"),
        "eyes": eyes,
        **{name: bones.get(name, 0) for name in ("head", "arms", "chest")},
        **{page: _worn(slots.get(api)) for page, api in catalogue.API_SLOTS.items()},
    }
    return from_mapping(given)


def _worn(slot: Mapping[str, Any] | None) -> str:
    asset = catalogue.asset_by_id(str(slot["id"]).lower()) if slot else None
    return asset.name if asset else catalogue.EMPTY


def to_customization(look: Look, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write the API's form; age and metadata of ``previous`` are kept."""
    previous = previous or {}
    return {
        "assets": {api: _slot(look, page) for page, api in catalogue.API_SLOTS.items()},
        "body": look.body,
        "age": previous.get("age", "adult"),
        "metadata": previous.get("metadata", {}),
        "bone_scale": {"head": look.head, "arms": look.arms, "chest": look.chest},
        "skin_tone_correction": look.skin,
    }


def _slot(look: Look, page_slot: str) -> dict[str, str] | None:
    asset = catalogue.asset_named(page_slot, getattr(look, page_slot))
    if asset is None:
        return None
    colors = {"hair": look.hair_color, "glasses": look.lens}
    color = colors.get(page_slot)
    return {"id": asset.id, "color": color} if color else {"id": asset.id}
