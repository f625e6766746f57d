"""What a customisation may hold, field by field, as Avaturn's API reference has it.

The ranges of the numbers are those of the web SDK: the API's own are not published. Messages are
plain English, marked for the translation that the REST API does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

Errors = list[str] | dict[str, list[str]]


def _(text: str) -> str:
    """Mark a text for translators; Django's own mark would ask for a site's settings."""
    return text


class Colour(NamedTuple):
    """How the ``color`` of a slot is written."""

    pattern: str
    message: str


class Range(NamedTuple):
    """What a number may be, both ends included."""

    low: float
    high: float
    message: str

    def check(self, value: object) -> list[str]:
        """Nothing for a number in the range; infinity and "not a number" are in none."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and self.low <= value <= self.high  # type: ignore[operator]
        return [] if fits else [self.message]


SLOTS: dict[str, Colour | None] = {
    "clothing": None,
    "hair_and_headwear": Colour("#[0-9a-fA-F]{6}", _("Write 'color' like #6d4539.")),
    "eyewear": Colour("#[0-9a-fA-F]{8}", _("Write 'color' like #22222280.")),
    "footwear": None,
}
BODY, AGE = "body_[0-9]{1,4}", "[a-zA-Z0-9_]{1,64}"
BONES = ("head", "arms", "chest")
BONE_SCALE = Range(-100, 100, _("This must be a number from -100 to 100."))
SKIN_TONE = Range(-50, 50, _("This must be a number from -50 to 50."))
MAX_METADATA = 10_000
"""Characters of all names and texts together. Ours: Avaturn names no limit."""

NO_OBJECT = _("This must be an object.")
NO_SLOT = _("There is no such slot.")
NO_ASSET = _("This must be an object with an 'id', or null.")
NO_UUID = _("'id' must be a UUID.")
NO_COLOUR = _("This slot takes no 'color'.")
NO_BONE = _("Only head, arms and chest can be scaled.")
NO_BODY = _("This must be body_0, body_1 and so on.")
NO_AGE = _("This must be a word such as adult.")
NO_TEXTS = _("All names and values must be texts.")
TOO_LONG = _("Names and texts may have 10,000 characters in all.")


def misfits(fields: Mapping[str, Any]) -> dict[str, Errors]:
    """What is wrong with the six fields of a customisation, by field; nothing if all is well."""
    errors: dict[str, Errors] = {
        "assets": _each(fields["assets"], _check_asset),
        "body": [] if _matches(BODY, fields["body"]) else [NO_BODY],
        "age": [] if _matches(AGE, fields["age"]) else [NO_AGE],
        "metadata": _check_metadata(fields["metadata"]),
        "bone_scale": _each(fields["bone_scale"], _check_bone),
        "skin_tone_correction": SKIN_TONE.check(fields["skin_tone_correction"]),
    }
    return {name: found for name, found in errors.items() if found}


def _each(value: object, check: Callable[[object, Any], list[str]]) -> Errors:
    """What ``check`` finds wrong with each item of an object."""
    if not isinstance(value, Mapping):
        return [NO_OBJECT]
    found = {shown(key): check(key, item) for key, item in value.items()}
    return {key: errors for key, errors in found.items() if errors}


def shown(key: object) -> str:
    """A name that somebody made up, if it can be repeated in an error."""
    return str(key) if _matches(r"\w{1,64}", key) else "?"


def _check_asset(slot: object, item: Any) -> list[str]:
    if slot not in SLOTS:
        return [NO_SLOT]
    if item is None:
        return []
    if not isinstance(item, Mapping):
        return [NO_ASSET]
    colour, told = SLOTS[str(slot)], item.get("color")
    if not _is_uuid(item.get("id")):
        return [NO_UUID]
    if told is None or (colour and _matches(colour.pattern, told)):
        return []
    return [colour.message if colour else NO_COLOUR]


def _check_bone(bone: object, value: object) -> list[str]:
    return BONE_SCALE.check(value) if bone in BONES else [NO_BONE]


def _check_metadata(value: object) -> list[str]:
    if not isinstance(value, Mapping):
        return [NO_OBJECT]
    texts = [*value.keys(), *value.values()]
    if not all(isinstance(text, str) and _is_writable(text) for text in texts):
        return [NO_TEXTS]
    return [] if sum(map(len, texts)) <= MAX_METADATA else [TOO_LONG]


def _matches(pattern: str, value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(pattern, value, re.ASCII))


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _is_writable(text: str) -> bool:
    """Half a surrogate pair, which JSON can hold, cannot be sent on."""
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False
