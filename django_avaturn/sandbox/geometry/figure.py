"""From a look to the parts of a figure."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from .. import catalogue
from ..look import Look
from . import body, face, hair, wardrobe
from .part import Part
from .shapes import Mesh, both_sides, loft, merged


@lru_cache(maxsize=256)
def figure(look: Look) -> tuple[Part, ...]:
    """All parts of the figure, skin first."""
    clothes = wardrobe.outfit(look)
    cloth = [
        Part(f"avaturn_look_{index}", color, mesh, gloss=0.06)
        for index, (color, mesh) in enumerate(clothes.pieces)
    ]
    skin = Part("avaturn_body", body.skin_color(look), _skin(look, clothes), gloss=0.2)
    head = [Part("avaturn_head", skin.color, body.head(), gloss=0.2)]
    head += face.expression(look, look.hair_color) + face.eyes(look)
    head += hair.hair(look) + face.glasses(look)
    parts = [skin, *_resized(look, head), *cloth, *wardrobe.shoes(look)]
    return tuple(_stature(look, part) for part in parts)


def _skin(look: Look, clothes: wardrobe.Outfit) -> Mesh:
    """Only what shows: hidden skin would shimmer through the cloth."""
    build = body.build_of(look)
    meshes = [body.neck(build), both_sides(body.hand(build))]
    arms = body.arm(build, body.arm_factor(look))
    meshes.append(both_sides(loft(body.between(arms, 0.80, clothes.arms_to), 12)))
    if clothes.legs_to:
        legs = body.between(body.leg(build), 0.05, clothes.legs_to)
        meshes.append(both_sides(loft(legs, 12)))
    if look.shoes == catalogue.EMPTY:
        meshes.append(both_sides(body.foot(build)))
        meshes.append(both_sides(loft(body.between(body.leg(build), 0.0, 0.14), 12)))
    elif look.shoes == "loafers" and not clothes.legs_to:
        meshes.append(both_sides(loft(body.between(body.leg(build), 0.05, 0.14), 12)))
    return merged(meshes)


def _resized(look: Look, parts: list[Part]) -> list[Part]:
    factor = body.head_factor(look)
    if factor == 1:
        return parts
    return [replace(part, mesh=part.mesh.scaled(factor, body.NECK)) for part in parts]


def _stature(look: Look, part: Part) -> Part:
    return replace(part, mesh=part.mesh.scaled(body.build_of(look).height, (0.0, 0.0, 0.0)))
