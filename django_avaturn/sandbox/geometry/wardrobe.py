"""Outfits and shoes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from ..look import Look
from .body import Build, arm, arm_factor, between, build_of, foot_rings, leg, torso
from .part import Part
from .shapes import Mesh, Ring, Vec, both_sides, ellipsoid, grid, loft, merged, tube

CLOTH = 0.012
"""How far cloth stands off the body, in metres."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """Coloured meshes, and where bare skin shows: above ``legs_from`` the legs are covered."""

    pieces: list[tuple[str, Mesh]]
    legs_to: float = 0.0
    """Bare legs reach up to this height; 0 where the legs are covered."""
    arms_to: float = 0.90
    """Bare arms reach up to this height."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The measures that clothes are cut to."""

    build: Build
    arm: float

    def top(self, low: float, grow: float = CLOTH) -> Mesh:
        """A garment over the torso, from a height up."""
        return loft(between(torso(self.build, grow), low, 1.40), 18)

    def sleeves(self, low: float, grow: float = CLOTH) -> Mesh:
        """Both sleeves, from a height up."""
        return both_sides(loft(between(arm(self.build, self.arm, grow), low, 1.40), 10))

    def trousers(self, low: float, grow: float = 0.010, top: float = 0.955) -> Mesh:
        """Both trouser legs, and the seat."""
        legs = both_sides(loft(between(leg(self.build, grow), low, 0.865), 14))
        return legs.add(loft(between(torso(self.build, grow * 0.5), 0.80, top), 18))

    def cuffs(self, y: float, height: float, grow: float) -> Mesh:
        """A band around both wrists."""
        return self._band(arm(self.build, self.arm, grow), y, height)

    def ankles(self, y: float, height: float, grow: float) -> Mesh:
        """A band around both ankles."""
        return self._band(leg(self.build, grow), y, height)

    def _band(self, rings: list[Ring], y: float, height: float) -> Mesh:
        return both_sides(loft(between(rings, y, y + height), 14))

    def belt(self, low: float, high: float, grow: float) -> Mesh:
        """A band around the torso."""
        return loft(between(torso(self.build, grow), low, high), 18)

    def chest_depth(self, y: float, grow: float = CLOTH) -> float:
        """How far in front the garment is at a height."""
        ring = between(torso(self.build, grow), y, y + 0.001)[0]
        return ring.z + ring.rz


def _hoodie(f: Figure) -> Outfit:
    hood = tube(_collar(f, 0.085, 1.372, 0.052), 0.036, 8, closed=True)
    depth = f.chest_depth(0.99, 0.020)
    pocket = ellipsoid((0, 0.995, depth - 0.028), (0.082, 0.048, 0.036), 12, 5)
    cords = merged(
        tube([(x, 1.335, 0.105), (x * 1.1, 1.23, f.chest_depth(1.23, 0.022))], 0.005)
        for x in (-0.03, 0.03)
    )
    teal, deep = "#35a29f", "#2a8583"
    return Outfit(
        [
            ("#414a60", f.trousers(0.10, 0.014)),
            ("#353d50", f.ankles(0.075, 0.05, 0.012)),
            (teal, f.top(0.90, 0.020).add(f.sleeves(0.90, 0.017))),
            (
                deep,
                hood.add(pocket).add(f.belt(0.872, 0.915, 0.017)).add(f.cuffs(0.862, 0.05, 0.012)),
            ),
            ("#f4f1ea", cords),
        ],
        arms_to=0.90,
    )


def _collar(f: Figure, wide: float, y: float, deep: float) -> list[Vec]:
    ring = Ring(y, wide, deep + 0.034, 0, -0.010)
    points = (ring.point(step * 6.2832 / 16) for step in range(16))
    # Lower in front than behind, as hoods and collars are.
    return [(x, py - 0.26 * (z + 0.010) - 0.004, z) for x, py, z in points]


def _tee(f: Figure) -> Outfit:
    neckline = tube(_collar(f, 0.074, 1.372, 0.034), 0.009, 6, closed=True)
    return Outfit(
        [
            ("#46648f", f.trousers(0.105)),
            ("#c9d4e6", f.ankles(0.098, 0.045, 0.014)),
            ("#f0705c", f.top(0.905, 0.014).add(f.sleeves(1.115, 0.016))),
            ("#d95a48", neckline.add(f.cuffs(1.108, 0.022, 0.019))),
        ],
        arms_to=1.16,
    )


def _stripes(f: Figure) -> Outfit:
    bands = [0.88 + 0.0585 * step for step in range(9)]
    rows = list(pairwise(bands))
    sleeves = [(0.885 + 0.058 * i, 0.885 + 0.058 * (i + 1)) for i in range(8)]
    colours = ("#f7f3ea", "#2f4a7d")
    pieces = [("#c9a67a", f.trousers(0.105))]
    for index, colour in enumerate(colours):
        mesh = merged(
            loft(between(torso(f.build, 0.015), low, high), 18) for low, high in rows[index::2]
        )
        for low, high in sleeves[index::2]:
            mesh.add(f._band(arm(f.build, f.arm, 0.014), low, high - low))
        pieces.append((colour, mesh))
    pieces.append((colours[1], tube(_collar(f, 0.078, 1.374, 0.036), 0.013, 8, closed=True)))
    return Outfit(pieces, arms_to=0.92)


def _suit(f: Figure) -> Outfit:
    shirt = _bib(f, ((-0.052, 1.335), (0.052, 1.335), (0.0, 1.10)), 0.0165)
    tie = _bib(
        f, ((-0.013, 1.318), (0.013, 1.318), (0.019, 1.17), (0.0, 1.125), (-0.019, 1.17)), 0.0205
    )
    collar = tube(_collar(f, 0.064, 1.378, 0.030), 0.014, 8, closed=True)
    buttons = merged(
        ellipsoid((0, y, f.chest_depth(y, 0.016)), (0.009, 0.009, 0.005), 8, 4)
        for y in (1.065, 0.995)
    )
    return Outfit(
        [
            ("#2c3856", f.trousers(0.085, 0.012)),
            ("#364468", f.top(0.845, 0.016).add(f.sleeves(0.875, 0.014))),
            ("#f5f5f2", shirt.add(collar).add(f.cuffs(0.858, 0.030, 0.010))),
            ("#c23f50", tie),
            ("#1d2438", buttons),
        ],
        arms_to=0.90,
    )


def _bib(f: Figure, outline: tuple[tuple[float, float], ...], grow: float) -> Mesh:
    """A flat patch that follows the chest."""
    rows, columns = 7, 4
    low, high = min(y for _, y in outline), max(y for _, y in outline)
    mesh = Mesh()
    for row in range(rows + 1):
        y = low + (high - low) * row / rows
        left, right = _extent(outline, y)
        for column in range(columns + 1):
            x = left + (right - left) * column / columns
            mesh.positions.append((x, y, _chest_point(f, x, y, grow)))
    mesh.triangles = grid(rows + 1, columns + 1, wrap=False)
    return mesh


def _extent(outline: tuple[tuple[float, float], ...], y: float) -> tuple[float, float]:
    crossings = []
    for (x0, y0), (x1, y1) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if y0 != y1 and min(y0, y1) <= y <= max(y0, y1):
            crossings.append(x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    return (min(crossings), max(crossings))


def _chest_point(f: Figure, x: float, y: float, grow: float) -> float:
    ring = between(torso(f.build, grow), y, y + 0.001)[0]
    share = min(0.99, abs(x) / ring.rx)
    front = (1 - share**ring.square) ** (1 / ring.square)
    return float(ring.z + ring.rz * front) + 0.002


def _dress(f: Figure) -> Outfit:
    hips = f.build.hips
    skirt = [
        Ring(0.490, hips + 0.105, 0.235, z=-0.004),
        Ring(0.510, hips + 0.108, 0.238, z=-0.004),
        Ring(0.660, hips + 0.078, 0.198, z=-0.006),
        Ring(0.800, hips + 0.048, 0.160, z=-0.008),
        Ring(0.930, hips + 0.016, 0.122, z=-0.006),
        Ring(1.030, f.build.waist + 0.012, 0.106),
    ]
    hem = loft(
        [replace(skirt[0], y=0.478), replace(skirt[1], rx=skirt[1].rx + 0.003, rz=0.241)], 24
    )
    neckline = tube(_collar(f, 0.082, 1.366, 0.040), 0.010, 6, closed=True)
    return Outfit(
        [
            ("#8b6fd6", f.top(0.98, 0.012).add(f.sleeves(1.19, 0.017)).add(loft(skirt, 24))),
            ("#f3c4d8", f.belt(1.015, 1.052, 0.018).add(neckline).add(hem)),
        ],
        legs_to=0.62,
        arms_to=1.23,
    )


def _seam(ring: Ring) -> Ring:
    """A narrow strip on the outside of a trouser leg."""
    return replace(ring, rx=0.010, rz=ring.rz * 0.34, x=ring.x + ring.rx - 0.005)


def _sport(f: Figure) -> Outfit:
    seam = both_sides(loft([_seam(ring) for ring in between(leg(f.build, 0.020), 0.56, 0.84)], 8))
    neckline = tube(_collar(f, 0.080, 1.368, 0.040), 0.009, 6, closed=True)
    return Outfit(
        [
            ("#2b4a78", f.trousers(0.55, 0.020)),
            ("#ffffff", f.ankles(0.075, 0.085, 0.006).add(seam)),
            ("#f6c343", f.top(0.90, 0.013).add(f.sleeves(1.262, 0.010))),
            ("#2b4a78", neckline.add(f.belt(1.135, 1.175, 0.0155))),
        ],
        legs_to=0.60,
        arms_to=1.29,
    )


def _bare(f: Figure) -> Outfit:
    body = f.top(0.86, 0.006).add(f.trousers(0.62, 0.006, 0.90))
    return Outfit([("#c7ccd8", body)], legs_to=0.66, arms_to=1.345)


OUTFITS: dict[str, Callable[[Figure], Outfit]] = {
    "hoodie": _hoodie,
    "tee": _tee,
    "stripes": _stripes,
    "suit": _suit,
    "dress": _dress,
    "sport": _sport,
}


def outfit(look: Look) -> Outfit:
    """The clothes of a look; a plain body suit where there are none."""
    return OUTFITS.get(look.outfit, _bare)(Figure(build_of(look), arm_factor(look)))


def shoes(look: Look) -> list[Part]:
    """The shoes of a look; none for bare feet."""
    pieces = SHOES[look.shoes](build_of(look)) if look.shoes in SHOES else []
    return [
        Part(f"avaturn_shoes_{index}", color, both_sides(mesh), gloss=gloss)
        for index, (color, mesh, gloss) in enumerate(pieces)
    ]


Pieces = list[tuple[str, Mesh, float]]


def _shoe(build: Build, *steps: tuple[float, float]) -> Mesh:
    return loft(foot_rings(build, steps, 0.012), 16)


def _shaft(build: Build, low: float, high: float, grow: float) -> Mesh:
    return loft(between(leg(build, grow), low, high), 14)


def _sneakers(build: Build) -> Pieces:
    upper = _shoe(build, (0.024, 0.98), (0.050, 0.97), (0.072, 0.80), (0.092, 0.52), (0.112, 0.44))
    stripe = loft(foot_rings(build, ((0.040, 0.985), (0.052, 0.975)), 0.0145), 16)
    toe = foot_rings(build, ((0.0, 1.0),), 0.012)[0]
    cap = ellipsoid((toe.x, 0.036, 0.120), (0.040, 0.026, 0.042), 12, 6)
    return [
        ("#f7f5f0", _shoe(build, (0.0, 0.98), (0.006, 1.02), (0.026, 1.02)).add(cap), 0.1),
        ("#e3564a", upper, 0.15),
        ("#ffffff", stripe, 0.1),
    ]


def _boots(build: Build) -> Pieces:
    upper = _shoe(build, (0.024, 0.98), (0.055, 0.96), (0.078, 0.78), (0.100, 0.50))
    upper.add(_shaft(build, 0.075, 0.215, 0.020))
    return [
        ("#2e2521", _shoe(build, (0.0, 0.99), (0.006, 1.02), (0.028, 1.02)), 0.1),
        ("#8a5a34", upper, 0.3),
        ("#70472a", _shaft(build, 0.192, 0.222, 0.024), 0.2),
    ]


def _loafers(build: Build) -> Pieces:
    upper = _shoe(build, (0.014, 0.98), (0.036, 0.95), (0.056, 0.78), (0.072, 0.56))
    return [
        ("#1f1a1a", _shoe(build, (0.0, 0.97), (0.005, 1.0), (0.016, 1.0)), 0.2),
        ("#4a2c34", upper, 0.6),
    ]


SHOES: dict[str, Callable[[Build], Pieces]] = {
    "sneakers": _sneakers,
    "boots": _boots,
    "loafers": _loafers,
}
