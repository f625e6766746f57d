"""The bare figure: build, skin, head, limbs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from ..look import Look
from .part import mix
from .shapes import Mesh, Ring, both_sides, ellipsoid, loft, table

NECK = (0.0, 1.405, -0.005)
HEAD = (0.0, 1.565, 0.0)
SKIN = ((-50, "#f7dcc8"), (-25, "#efc5a2"), (0, "#dca578"), (25, "#a96f45"), (50, "#6b4027"))

HEAD_RINGS = (
    Ring(-0.168, 0.030, 0.030, z=0.040),
    Ring(-0.160, 0.058, 0.056, z=0.034),
    Ring(-0.138, 0.087, 0.086, z=0.024),
    Ring(-0.100, 0.111, 0.112, z=0.014),
    Ring(-0.050, 0.128, 0.130, z=0.006),
    Ring(0.000, 0.136, 0.138),
    Ring(0.055, 0.137, 0.142, z=-0.004),
    Ring(0.105, 0.122, 0.130, z=-0.006),
    Ring(0.142, 0.090, 0.098, z=-0.008),
    Ring(0.162, 0.050, 0.056, z=-0.008),
    Ring(0.169, 0.014, 0.016, z=-0.008),
)


@dataclass(frozen=True, slots=True)
class Build:
    """Measures of a body preset, in metres or as factors."""

    shoulders: float
    chest: float
    waist: float
    hips: float
    limbs: float
    bust: float = 0.0
    height: float = 1.0


BUILDS = {
    "body_0": Build(shoulders=0.182, chest=0.166, waist=0.138, hips=0.146, limbs=1.0),
    "body_1": Build(0.160, 0.146, 0.116, 0.160, 0.88, bust=0.022, height=0.975),
    "body_2": Build(0.206, 0.190, 0.166, 0.164, 1.16, height=1.015),
    "body_3": Build(0.150, 0.138, 0.112, 0.148, 0.82, bust=0.015, height=0.925),
}


def build_of(look: Look) -> Build:
    """The build of a look, chest proportion included."""
    build = BUILDS[look.body]
    broad = 1 + look.chest / 100 * 0.16
    return replace(build, chest=build.chest * broad, shoulders=build.shoulders * broad)


def arm_factor(look: Look) -> float:
    """How thick the arms are."""
    return BUILDS[look.body].limbs * (1 + look.arms / 100 * 0.3)


def head_factor(look: Look) -> float:
    """How large the head is, measured from the neck."""
    return 1 + look.head / 100 * 0.14


def skin_color(look: Look) -> str:
    """The skin's colour by its tone correction."""
    channels = []
    for start in (1, 3, 5):
        ramp = [(float(tone), float(int(color[start : start + 2], 16))) for tone, color in SKIN]
        channels.append(round(table(ramp, look.skin)))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def blush_color(look: Look) -> str:
    """A warmer shade of the skin, for cheeks and lips."""
    return mix(skin_color(look), "#d8434a", 0.30)


def head() -> Mesh:
    """Head, ears and nose."""
    x, y, z = HEAD
    rings = [replace(ring, y=ring.y + y, z=ring.z + z) for ring in HEAD_RINGS]
    mesh = loft(rings, 20)
    ear = ellipsoid((x + 0.136, y - 0.012, z - 0.008), (0.018, 0.036, 0.026), 8, 5)
    nose = ellipsoid((x, y - 0.040, face_depth(0, -0.040) + 0.002), (0.016, 0.020, 0.020), 8, 5)
    return mesh.add(both_sides(ear)).add(nose)


def face_depth(x: float, y: float) -> float:
    """How far in front the face is at a point, both measured from the head's centre."""
    rx = table([(ring.y, ring.rx) for ring in HEAD_RINGS], y)
    rz = table([(ring.y, ring.rz) for ring in HEAD_RINGS], y)
    z = table([(ring.y, ring.z) for ring in HEAD_RINGS], y)
    return HEAD[2] + z + rz * math.sqrt(max(0.0, 1 - (x / rx) ** 2))


def neck(build: Build) -> Mesh:
    """From the collar into the head."""
    width = 0.047 + 0.012 * (build.limbs - 0.8)
    rings = [
        Ring(1.275, build.chest * 0.62, 0.070, z=-0.006),
        Ring(1.335, width * 1.75, 0.068, z=-0.010),
        Ring(1.365, width * 1.12, width * 1.08, z=-0.008),
        Ring(1.400, width, width, z=-0.004),
        Ring(1.455, width, width, z=0.004),
    ]
    return loft(rings, 14)


def torso(build: Build, grow: float = 0.0) -> list[Ring]:
    """Rings from crotch to shoulders; ``grow`` is the thickness of cloth over them."""
    shape = (
        (0.800, build.hips * 0.72, 0.082, 0.0),
        (0.850, build.hips * 0.98, 0.108, -0.006),
        (0.915, build.hips, 0.112, -0.008),
        (0.975, (build.hips + build.waist) / 2, 0.104, -0.004),
        (1.045, build.waist, 0.094, 0.0),
        (1.120, (build.waist + build.chest) / 2, 0.102, build.bust * 0.3),
        (1.200, build.chest, 0.112, build.bust * 0.8),
        (1.270, build.chest * 1.02, 0.106, build.bust * 0.35),
        (1.320, build.shoulders * 0.88, 0.086, -0.004),
        (1.352, build.shoulders * 0.62, 0.066, -0.008),
        (1.368, build.shoulders * 0.40, 0.052, -0.008),
    )
    return [Ring(y, rx + grow, rz + grow + z * 0.4, z=z, square=2.35) for y, rx, rz, z in shape]


def arm(build: Build, factor: float, grow: float = 0.0) -> list[Ring]:
    """Rings of the left arm from wrist to shoulder."""
    out = build.shoulders
    shape = (
        (0.815, out + 0.127, 0.025, 0.031),
        (0.850, out + 0.121, 0.029, 0.026),
        (0.900, out + 0.112, 0.032, 0.020),
        (0.985, out + 0.094, 0.038, 0.010),
        (1.065, out + 0.074, 0.040, 0.000),
        (1.140, out + 0.050, 0.043, -0.004),
        (1.220, out + 0.025, 0.049, -0.006),
        (1.285, out + 0.002, 0.054, -0.006),
        (1.325, out - 0.018, 0.046, -0.006),
        (1.345, out - 0.034, 0.026, -0.006),
    )
    return [Ring(y, r * factor + grow, r * factor * 1.08 + grow, x, z) for y, x, r, z in shape]


def hand(build: Build) -> Mesh:
    """The left hand: a mitten with a thumb."""
    x = build.shoulders + 0.130
    palm = ellipsoid((x, 0.798, 0.034), (0.027, 0.070, 0.036), 10, 7)
    return palm.add(ellipsoid((x - 0.014, 0.806, 0.068), (0.013, 0.034, 0.016), 8, 5))


def leg(build: Build, grow: float = 0.0) -> list[Ring]:
    """Rings of the left leg from ankle to hip."""
    out, thick = build.hips * 0.5 + 0.006, 0.55 + 0.45 * build.limbs
    shape = (
        (0.070, out + 0.014, 0.040, -0.016),
        (0.150, out + 0.013, 0.044, -0.016),
        (0.270, out + 0.012, 0.057, -0.016),
        (0.360, out + 0.010, 0.058, -0.008),
        (0.450, out + 0.008, 0.054, 0.002),
        (0.520, out + 0.006, 0.060, 0.002),
        (0.650, out + 0.002, 0.073, -0.002),
        (0.780, out - 0.004, 0.084, -0.006),
        (0.865, out - 0.006, 0.080, -0.008),
    )
    return [Ring(y, r * thick + grow, r * thick * 1.05 + grow, x, z) for y, x, r, z in shape]


def foot(build: Build) -> Mesh:
    """The left foot, bare."""
    return loft(foot_rings(build, ((0.0, 1.0), (0.03, 1.0), (0.055, 0.82), (0.082, 0.42))), 14)


def foot_rings(
    build: Build, steps: tuple[tuple[float, float], ...], grow: float = 0.0
) -> list[Ring]:
    """Rings of the left foot: height, and how much of its length is left there."""
    x = build.hips * 0.5 + 0.022
    rings = []
    for y, share in steps:
        length = 0.122 * share + grow
        width = 0.044 * (0.35 + 0.65 * share) + grow
        rings.append(Ring(y, width, length, x, z=-0.085 + 0.122 * share, square=2.5))
    return rings


def between(rings: list[Ring], low: float, high: float) -> list[Ring]:
    """The stretch of a stack between two heights, cut exactly."""
    inside = [ring for ring in rings if low < ring.y < high]
    ends = [low] if low > rings[0].y else [rings[0].y]
    ends.append(min(high, rings[-1].y))
    return [_cut(rings, ends[0]), *inside, _cut(rings, ends[1])]


def _cut(rings: list[Ring], y: float) -> Ring:
    lower, upper = next(pair for pair in pairwise(rings) if y <= pair[1].y)
    share = (y - lower.y) / (upper.y - lower.y)
    return Ring(
        y,
        lower.rx + (upper.rx - lower.rx) * share,
        lower.rz + (upper.rz - lower.rz) * share,
        lower.x + (upper.x - lower.x) * share,
        lower.z + (upper.z - lower.z) * share,
        lower.square,
    )
