"""What an avatar wears and how it is shaped.

Reading is lenient: what Avaturn sends may have any value and any further key, and goes back as it
came. Writing is strict, see ``Customization.validate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from ..exceptions import CustomizationInvalid
from .fitting import BONES, misfits
from .types import Json, json_object

FIELDS: dict[str, type | tuple[type, ...]] = {
    "assets": dict,
    "body": str,
    "age": str,
    "metadata": dict,
    "bone_scale": dict,
    "skin_tone_correction": (int, float),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A garment, a hairdo, glasses or shoes.

    ``color`` is ``#rrggbb`` for hair and headwear, ``#rrggbbaa`` for eyewear, where the last pair
    says how opaque it is, and "" where none is told.
    """

    id: UUID
    color: str = ""
    raw: Json = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read what is in a slot."""
        data = json_object(payload)
        color = data.get("color") or ""
        if not isinstance(data["id"], str | UUID) or not isinstance(color, str):
            raise TypeError("id and color must be strings")
        return cls(UUID(str(data["id"])), color, raw=data)

    def as_json(self) -> dict[str, Any]:
        """The API's object, with keys that we do not know kept as they came."""
        color = {"color": self.color} if self.color else {}
        return {**self.raw, "id": str(self.id), **color}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customization:
    """What an avatar wears and how it is shaped.

    ``assets`` maps a slot (clothing, hair_and_headwear, eyewear, footwear) to an ``Asset`` or to
    None; objects as the API has them, ``{"id": …}``, are taken too. ``body`` is ``body_0`` or
    another one. In ``bone_scale`` (head, arms, chest: -100 to 100) and ``skin_tone_correction``
    (-50 to 50) zero means unchanged. Writing replaces all of it, so change a copy of what was
    read.
    """

    assets: Mapping[str, Asset | None] = field(default_factory=dict)
    body: str = "body_0"
    age: str = "adult"
    metadata: Mapping[str, str] = field(default_factory=dict)
    bone_scale: Mapping[str, float] = field(default_factory=dict)
    skin_tone_correction: float = 0
    raw: Json = field(repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.assets, Mapping):
            assets = {slot: _asset(item) for slot, item in self.assets.items()}
            object.__setattr__(self, "assets", assets)

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read the answer of ``GET customization``; absent and null fields take the default."""
        data = json_object(payload)
        fields = {key: data[key] for key in FIELDS if data.get(key) is not None}
        for key, value in fields.items():
            if not isinstance(value, FIELDS[key]):
                raise TypeError(f"{key} has another type")
        return cls(**fields, raw=data)

    def as_json(self) -> dict[str, Any]:
        """The whole object the API takes, with keys that we do not know kept as they came."""
        bone_scale = {**dict.fromkeys(BONES, 0), **self.bone_scale}
        return {**self.raw, **self._fields(), "bone_scale": bone_scale}

    def validate(self) -> None:
        """Raise ``CustomizationInvalid`` where a field is not as documented.

        The ranges of the numbers are the web SDK's; the API's own are not published.
        """
        errors = misfits(self._fields())
        if errors:
            raise CustomizationInvalid(errors)

    def _fields(self) -> dict[str, Any]:
        fields = {key: getattr(self, key) for key in FIELDS}
        if isinstance(self.assets, Mapping):
            fields["assets"] = {slot: _json(item) for slot, item in self.assets.items()}
        return fields


def _asset(item: object) -> Any:
    """The asset, or whatever else is in its place."""
    try:
        return item if isinstance(item, Asset) else Asset.parse(item)
    except (KeyError, TypeError, ValueError):
        return item


def _json(item: object) -> object:
    return item.as_json() if isinstance(item, Asset) else item
