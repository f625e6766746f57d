"""Eyes, brows, mouth, cheeks and glasses."""

from __future__ import annotations

import math

from .. import catalogue
from ..look import Look
from .body import HEAD, blush_color, face_depth
from .part import Part, mix
from .shapes import Mesh, Ring, Vec, both_sides, ellipsoid, merged, tube

EYE_X, EYE_Y = 0.052, -0.002
GLASSES_Z = 0.024
FRAMES = {"round": ("#3b3030", 2.0), "square": ("#1f2a44", 3.6), "shades": ("#17181c", 2.6)}
SHADES_LENS = "#1a1c22e6"


def _on_face(x: float, y: float, lift: float = 0.0) -> Vec:
    return (x, HEAD[1] + y, face_depth(x, y) + lift)


def _spot(x: float, y: float, size: tuple[float, float], lift: float) -> Mesh:
    """A flat pebble on the face, turned a little with it."""
    pebble = ellipsoid((0, 0, 0), (size[0], size[1], 0.006), 12, 6)
    turn = x * 2.6
    cx, cy, cz = _on_face(x, y, lift)
    turned = [
        (
            cx + px * math.cos(turn) + pz * math.sin(turn),
            cy + py,
            cz - px * math.sin(turn) + pz * math.cos(turn),
        )
        for px, py, pz in pebble.positions
    ]
    return Mesh(turned, pebble.triangles)


def eyes(look: Look) -> list[Part]:
    """Eyes with iris, pupil and a spark of light."""
    iris = catalogue.EYE_COLORS[look.eyes]
    spark = merged(_spot(x + 0.006, EYE_Y + 0.010, (0.0055, 0.006), 0.0125) for x in _pair())
    return [
        Part("avaturn_eyes_0", "#fdfcfb", _eye_pair((0.0235, 0.0265), 0.0005), "eyes", 0.5),
        Part("avaturn_eyes_1", iris, _eye_pair((0.0165, 0.0205), 0.0045), "eyes", 0.6),
        Part("avaturn_eyes_2", "#15110f", _eye_pair((0.0090, 0.0120), 0.0085), "eyes", 0.8),
        Part("avaturn_eyes_3", "#ffffff", spark, "eyes", 0.0),
    ]


def _pair() -> tuple[float, float]:
    return (-EYE_X, EYE_X)


def _eye_pair(size: tuple[float, float], lift: float) -> Mesh:
    return merged(_spot(x, EYE_Y, size, lift) for x in _pair())


def expression(look: Look, brow_color: str) -> list[Part]:
    """Brows, a smile and rosy cheeks."""
    blush = blush_color(look)
    cheeks = both_sides(_spot(0.083, -0.052, (0.020, 0.012), -0.0025))
    smile = [_on_face(x, -0.098 + 9.0 * x * x, 0.001) for x in _steps(-0.036, 0.036, 9)]
    brow = [_on_face(x, 0.048 - 5.5 * (x - 0.050) ** 2, 0.001) for x in _steps(0.026, 0.078, 6)]
    lips = mix(blush, "#7a2230", 0.55)
    return [
        Part("avaturn_face_0", mix(brow_color, "#1d1512", 0.25), both_sides(tube(brow, 0.0052))),
        Part("avaturn_face_1", lips, tube(smile, 0.0050)),
        Part("avaturn_face_2", blush, cheeks, gloss=0.05),
    ]


def _steps(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * step / (count - 1) for step in range(count)]


def glasses(look: Look) -> list[Part]:
    """Frame and lenses."""
    if look.glasses == catalogue.EMPTY:
        return []
    color, square = FRAMES[look.glasses]
    depth = face_depth(EYE_X, EYE_Y) + GLASSES_Z
    rim = _rim(square, depth)
    bridge = [(x, HEAD[1] + EYE_Y + 0.012, depth + 0.003) for x in _steps(-0.016, 0.016, 4)]
    temple = [(0.094, HEAD[1] + 0.008, depth - 0.006), (0.138, HEAD[1] + 0.006, 0.070)]
    temple.append((0.148, HEAD[1] + 0.002, -0.010))
    frame = both_sides(tube(rim, 0.0045, closed=True).add(tube(temple, 0.004)))
    frame.add(tube(bridge, 0.004))
    lens = SHADES_LENS if look.glasses == "shades" else look.lens
    return [
        Part("avaturn_glasses_0", color, frame, gloss=0.5),
        Part("avaturn_glasses_1", lens, both_sides(_lens(rim)), gloss=0.9),
    ]


def _rim(square: float, depth: float) -> list[Vec]:
    ring = Ring(0, 0.041, 0.036, square=square)
    points = (ring.point(2 * math.pi * step / 18) for step in range(18))
    # The ring lies flat; standing it up makes its depth the height.
    return [
        (EYE_X + 0.003 + x, HEAD[1] + EYE_Y + z, depth - abs(x + 0.04) * 0.12) for x, _, z in points
    ]


def _lens(rim: list[Vec]) -> Mesh:
    middle = tuple(sum(point[axis] for point in rim) / len(rim) for axis in range(3))
    count = len(rim)
    mesh = Mesh([*rim, (middle[0], middle[1], middle[2] + 0.004)])
    mesh.triangles = [(count, (step + 1) % count, step) for step in range(count)]
    return mesh
