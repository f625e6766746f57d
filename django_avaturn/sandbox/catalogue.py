"""What a figure can wear and be: the sandbox's own small collection."""

from __future__ import annotations

from dataclasses import dataclass

API_SLOTS = {
    "hair": "hair_and_headwear",
    "outfit": "clothing",
    "shoes": "footwear",
    "glasses": "eyewear",
}
"""Slot of the editor page → slot of the developer API."""

SDK_CATEGORIES = {**API_SLOTS, "hair": "hairAndHeadwear"}
"""Slot of the editor page → category of the web SDK, which spells one of them otherwise."""

EMPTY = "none"
"""Name of the choice that leaves a slot empty."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing to wear; ``slot`` is the editor page's name for its place."""

    id: str
    slot: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body preset."""

    id: str
    name: str
    label: str
    gender: str


@dataclass(frozen=True, slots=True)
class Tint:
    """A named colour, as ``#rrggbb``."""

    name: str
    label: str
    color: str


def _asset(number: int, slot: str, name: str, label: str) -> Asset:
    return Asset(f"018ee7a6-7b80-7c07-a9fa-d0a07bd4{number:04d}", slot, name, label)


ASSETS = (
    _asset(1, "outfit", "hoodie", "Hoodie"),
    _asset(2, "hair", "short", "Short hair"),
    _asset(3, "glasses", "round", "Round glasses"),
    _asset(4, "shoes", "sneakers", "Sneakers"),
    _asset(5, "outfit", "tee", "T-shirt and jeans"),
    _asset(6, "outfit", "stripes", "Striped jumper"),
    _asset(7, "outfit", "suit", "Suit"),
    _asset(8, "outfit", "dress", "Dress"),
    _asset(9, "outfit", "sport", "Sportswear"),
    _asset(10, "hair", "swept", "Swept hair"),
    _asset(11, "hair", "curly", "Curls"),
    _asset(12, "hair", "bob", "Bob"),
    _asset(13, "hair", "long", "Long hair"),
    _asset(14, "hair", "bun", "Bun"),
    _asset(15, "hair", "beanie", "Beanie"),
    _asset(16, "glasses", "square", "Square glasses"),
    _asset(17, "glasses", "shades", "Sunglasses"),
    _asset(18, "shoes", "boots", "Boots"),
    _asset(19, "shoes", "loafers", "Loafers"),
)

BODIES = (
    Body("body_0", "male", "Leo", "male"),
    Body("body_1", "female", "Mia", "female"),
    Body("body_2", "male_broad", "Max", "male"),
    Body("body_3", "female_petite", "Zoe", "female"),
)

SKIN_TONES = (
    (-50, "porcelain", "Porcelain"),
    (-25, "fair", "Fair"),
    (0, "beige", "Beige"),
    (15, "tan", "Tan"),
    (30, "brown", "Brown"),
    (50, "deep", "Deep brown"),
)
"""Skin tone correction, name and label; the SDK's range is -50 to 50."""

HAIR_COLORS = (
    Tint("black", "Black", "#26211f"),
    Tint("brown", "Brown", "#5d3b28"),
    Tint("auburn", "Auburn", "#8a4526"),
    Tint("blond", "Blond", "#dcb160"),
    Tint("red", "Red", "#c9482b"),
    Tint("silver", "Silver", "#b9bec9"),
    Tint("pink", "Pink", "#ee7fae"),
    Tint("blue", "Blue", "#4b74d6"),
)

EYE_COLORS = {
    "amber": "#a8701f",
    "blue": "#2f6fb5",
    "blue_gray_yellow": "#6f8b86",
    "brown": "#5b351c",
    "dark_brown": "#38200f",
    "gray": "#6b747e",
    "gray_green": "#66796a",
    "green": "#3c7d4a",
    "light_gray": "#98a2ab",
    "light_green": "#74a857",
}
"""Eye colours by the SDK's names."""

_BY_ID = {asset.id: asset for asset in ASSETS}
_BY_NAME = {(asset.slot, asset.name): asset for asset in ASSETS}


def asset_by_id(asset_id: str) -> Asset | None:
    """The asset with this id, or None where it is not (or no longer) there."""
    return _BY_ID.get(asset_id)


def asset_named(slot: str, name: str) -> Asset | None:
    """The asset of a slot by its name; None for the empty choice."""
    return _BY_NAME.get((slot, name))


def body_for(body_id: str) -> Body:
    """The preset with this id. Numbers past the end wrap around: the API sets no upper limit."""
    digits = body_id.removeprefix("body_")
    # Only the last digits count: Python refuses to read numbers of thousands of digits.
    number = int(digits[-9:]) if digits.isdecimal() else 0
    return BODIES[number % len(BODIES)]
