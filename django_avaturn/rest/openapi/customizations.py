"""Customisations as schemas, from the tables that the client checks them with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import append_meta

from ...client.fitting import AGE, BODY, BONE_SCALE, BONES, SKIN_TONE, SLOTS, Colour, Range
from ..customizations import EMPTY

Schema = dict[str, Any]

UUID: Schema = {"type": "string", "format": "uuid"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}


def read() -> Schema:
    """What Avaturn tells: all six fields, as documented."""
    asset = _nullable(_object({"id": UUID, "color": TEXT}, "id"))
    return _object(
        {
            "assets": _object(dict.fromkeys(SLOTS, asset)),
            "body": TEXT,
            "age": TEXT,
            "metadata": {"type": "object", "additionalProperties": {}},
            "bone_scale": _object(dict.fromkeys(BONES, NUMBER), *BONES),
            "skin_tone_correction": NUMBER,
        }
    )


def written() -> Schema:
    """What is taken: some of the fields, within the limits."""
    fields = _closed(
        {
            "assets": _closed({slot: _nullable(_asset(colour)) for slot, colour in SLOTS.items()}),
            "body": {**TEXT, "pattern": f"^{BODY}$"},
            "age": {**TEXT, "pattern": f"^{AGE}$"},
            "metadata": {"type": "object", "additionalProperties": TEXT},
            "bone_scale": _closed(dict.fromkeys(BONES, _number(BONE_SCALE))),
            "skin_tone_correction": _number(SKIN_TONE),
        }
    )
    return {**fields, "minProperties": 1, "description": EMPTY}


def _asset(colour: Colour | None) -> Schema:
    color = {"color": _nullable({**TEXT, "pattern": f"^{colour.pattern}$"})} if colour else {}
    return _closed({"id": UUID, **color}, "id")


def _number(limits: Range) -> Schema:
    return {**NUMBER, "minimum": limits.low, "maximum": limits.high}


def _object(fields: Schema, *required: str) -> Schema:
    needs = {"required": [*required]} if required else {}
    return {"type": "object", "properties": fields, **needs}


def _closed(fields: Schema, *required: str) -> Schema:
    return {**_object(fields, *required), "additionalProperties": False}


def _nullable(schema: Schema) -> Schema:
    return append_meta(schema, {"nullable": True})
