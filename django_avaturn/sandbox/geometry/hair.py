"""Hair and headwear."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from ..look import Look
from .body import HEAD
from .part import Part, mix
from .shapes import Mesh, Ring, Vec, ellipsoid, grid, loft, merged, tube

Edge = Sequence[tuple[float, float]]
"""Degrees from the front → how far down; 1 is the height of the head's centre."""

CENTRE = (HEAD[0], HEAD[1] + 0.008, HEAD[2] - 0.010)
RADII = (0.157, 0.186, 0.168)

SHORT: Edge = ((0, 0.60), (45, 0.64), (66, 0.82), (78, 1.10), (92, 1.02), (115, 1.16), (180, 1.30))
TIGHT: Edge = ((0, 0.58), (50, 0.62), (72, 0.90), (90, 1.00), (120, 1.20), (180, 1.28))
BOB: Edge = ((0, 0.74), (38, 0.74), (52, 1.02), (60, 1.62), (90, 1.78), (180, 1.80))
LONG: Edge = ((0, 0.58), (28, 0.62), (50, 1.02), (62, 1.90), (80, 2.35), (180, 2.55))
BEANIE: Edge = ((0, 0.66), (60, 0.72), (90, 0.86), (180, 1.02))


def hair(look: Look) -> list[Part]:
    """The parts of the chosen style; none for a bald head."""
    style = STYLES.get(look.hair)
    if style is None:
        return []
    meshes = style()
    parts = [Part("avaturn_hair_0", look.hair_color, meshes[0], gloss=0.3)]
    if look.hair == "beanie":
        return _beanie_parts(look, meshes)
    lighter = mix(look.hair_color, "#ffffff", 0.10)
    parts += [Part(f"avaturn_hair_{i}", lighter, m, gloss=0.3) for i, m in enumerate(meshes[1:], 1)]
    return parts


def _beanie_parts(look: Look, meshes: list[Mesh]) -> list[Part]:
    return [
        Part("avaturn_hair_0", look.hair_color, meshes[0], gloss=0.3),
        Part("avaturn_hair_1", "#e4574f", meshes[1], gloss=0.02),
        Part("avaturn_hair_2", "#f6ede3", meshes[2], gloss=0.02),
    ]


def shell(
    edge: Edge,
    *,
    hang: bool = False,
    grow: float = 0.0,
    rows: int = 9,
    lift: Callable[[float, float], float] = lambda angle, down: 1.0,
) -> Mesh:
    """A skin over the skull down to an edge, bent inward there so that it looks thick.

    ``hang`` lets it fall straight below the widest place instead of following the skull; ``lift``
    pushes points outward by their angle from the front (degrees, signed) and their way down.
    """
    angles = _columns()
    mesh = Mesh()
    for row in range(rows + 1, -1, -1):
        for angle in angles:
            reach = _read(edge, abs(angle))
            down = min(row, rows) / rows * reach
            inward = 0.86 if row > rows else lift(angle, down)
            mesh.positions.append(_scalp(angle, down, hang, inward, grow))
    mesh.triangles = grid(rows + 2, len(angles), wrap=True)
    return mesh


def _columns() -> list[float]:
    half = [0, 16, 30, 40, 48, 54, 60, 67, 74, 82, 92, 104, 120, 140, 160]
    return [float(a) for a in half] + [180.0] + [-float(a) for a in reversed(half[1:])]


def _read(edge: Edge, angle: float) -> float:
    (a0, d0), (a1, d1) = next(pair for pair in pairwise(edge) if angle <= pair[1][0])
    return d0 + (d1 - d0) * (angle - a0) / (a1 - a0)


def _scalp(angle: float, down: float, hang: bool, scale: float, grow: float) -> Vec:
    side, bend = math.radians(angle), math.radians(min(max(down, 0.02), 1.45) * 90)
    wide, high = math.sin(bend), math.cos(bend)
    if hang and down > 1:
        wide, high = 1.0 - 0.03 * (down - 1), 1 - down
    rx, ry, rz = (radius + grow for radius in RADII)
    return (
        CENTRE[0] + rx * wide * scale * math.sin(side),
        CENTRE[1] + ry * high * (scale if down < 1 else 1),
        CENTRE[2] + rz * wide * scale * math.cos(side),
    )


def _short() -> list[Mesh]:
    return [shell(SHORT, lift=lambda angle, down: 1.0 + 0.03 * math.cos(math.radians(angle)))]


def _swept() -> list[Mesh]:
    quiff = [
        ellipsoid((-0.050 + 0.036 * i, HEAD[1] + 0.150 + 0.004 * i, 0.082), r, 10, 6)
        for i, r in enumerate(
            (
                (0.045, 0.036, 0.050),
                (0.050, 0.046, 0.056),
                (0.052, 0.050, 0.056),
                (0.042, 0.038, 0.050),
            )
        )
    ]
    return [shell(TIGHT, grow=-0.003), merged(quiff)]


def _curly() -> list[Mesh]:
    balls = []
    for row, (down, count) in enumerate(((0.10, 3), (0.42, 8), (0.72, 11), (1.02, 8), (1.28, 6))):
        for step in range(count):
            angle = -180 + 360 * (step + 0.5 * (row % 2)) / count
            if abs(angle) < (0 if down < 0.6 else 24 if down < 0.8 else 78 if down < 1.1 else 110):
                continue
            size = 0.047 + 0.006 * ((step * 7 + row * 3) % 3)
            balls.append(ellipsoid(_scalp(angle, down, False, 1.0, 0.0), (size, size, size), 7, 4))
    return [shell(TIGHT, grow=-0.004, rows=5), merged(balls)]


def _bob() -> list[Mesh]:
    return [
        shell(BOB, hang=True, rows=10, lift=lambda angle, down: 1.02 + 0.05 * max(0.0, down - 0.9))
    ]


def _long() -> list[Mesh]:
    def fall(angle: float, down: float) -> float:
        return 1.0 + 0.05 * max(0.0, down - 1) - 0.10 * max(0.0, down - 1.9)

    return [shell(LONG, hang=True, rows=12, lift=fall)]


def _bun() -> list[Mesh]:
    knot = ellipsoid((0.0, HEAD[1] + 0.192, -0.062), (0.066, 0.060, 0.066), 12, 8)
    band_y = HEAD[1] + 0.146
    band = loft(
        [Ring(band_y, 0.045, 0.045, z=-0.055), Ring(band_y + 0.02, 0.045, 0.045, z=-0.058)], 12
    )
    return [shell(TIGHT, grow=-0.003), merged((knot, band))]


def _beanie() -> list[Mesh]:
    fringe = shell(
        ((0, 0.74), (40, 0.72), (62, 0.95), (78, 1.22), (96, 1.06), (180, 1.36)), grow=-0.006
    )
    hat = shell(BEANIE, grow=0.010, lift=lambda angle, down: 1.0 + 0.05 * max(0.0, 0.5 - down))
    rim = [
        _scalp(angle, _read(BEANIE, abs(angle)) - 0.05, False, 1.02, 0.010) for angle in _columns()
    ]
    pompom = ellipsoid((0.0, HEAD[1] + 0.215, -0.012), (0.042, 0.040, 0.042), 10, 7)
    return [fringe, hat, tube(rim, 0.022, 6, closed=True).add(pompom)]


STYLES: dict[str, Callable[[], list[Mesh]]] = {
    "short": _short,
    "swept": _swept,
    "curly": _curly,
    "bob": _bob,
    "long": _long,
    "bun": _bun,
    "beanie": _beanie,
}
