"""How a face moves: the blendshapes of a T2 avatar, by the names that real ones have."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..look import Look
from . import body
from .face import EYE_X, EYE_Y
from .part import Part
from .shapes import Vec

Move = Callable[[float, float, float], Vec]
"""From a point to how far it goes; metres, measured from the middle of a head of usual size."""

MOUTH_Y, BROW_Y = -0.094, 0.046
HINGE_Y = -0.03
"""Height of the jaw's joint."""

HEAD_MESH, BODY_MESH, EYE_MESH = "Head_Mesh", "Body_Mesh", "Eye_Mesh"
MESHES = {
    "avaturn_body": BODY_MESH,
    "avaturn_head": HEAD_MESH,
    "avaturn_face": HEAD_MESH,
    "avaturn_eyes": EYE_MESH,
}
"""Where the parts of a figure go in a T2 file; all others keep their names."""


def mesh_name(part: Part) -> str:
    """Name of the mesh that a part belongs to in a T2 file."""
    return next((mesh for start, mesh in MESHES.items() if part.name.startswith(start)), part.name)


def displacements(look: Look, part: Part) -> dict[str, list[Vec]]:
    """How far each point of a part goes at most, by blendshape; empty where nothing moves."""
    if mesh_name(part) not in {HEAD_MESH, EYE_MESH}:
        return {}
    size = body.build_of(look).height
    factor = body.head_factor(look)
    _, neck, _ = body.NECK
    points = []
    for x, y, z in part.mesh.positions:
        upright = neck + (y / size - neck) / factor
        depth = body.NECK[2] + (z / size - body.NECK[2]) / factor
        points.append((x / size / factor, upright - body.HEAD[1], depth - body.HEAD[2]))
    scale = size * factor
    return {
        name: [_scaled(move(*point), scale) for point in points] for name, move in MOVES.items()
    }


def _scaled(move: Vec, factor: float) -> Vec:
    return (move[0] * factor, move[1] * factor, move[2] * factor)


def _near(x: float, y: float, at: tuple[float, float], reach: tuple[float, float]) -> float:
    """1 at a point of the face, and softly less around it."""
    return math.exp(-(((x - at[0]) / reach[0]) ** 2) - ((y - at[1]) / reach[1]) ** 2)


def _front(z: float) -> float:
    """0 at the back of the head, 1 in the face."""
    return max(0.0, min(1.0, z / 0.08))


def _blink(side: float) -> Move:
    """The eye closes: every point of it comes to the line where the lids meet."""

    def move(x: float, y: float, z: float) -> Vec:
        eye = abs(x - side * EYE_X) < 0.03 and abs(y - EYE_Y) < 0.03 and z > 0.11
        return (0.0, 0.92 * (EYE_Y - 0.006 - y), 0.0) if eye else (0.0, 0.0, 0.0)

    return move


def _bump(at: tuple[float, float], reach: tuple[float, float], way: Vec) -> Move:
    """Everything around a point of the face goes one way."""

    def move(x: float, y: float, z: float) -> Vec:
        return _scaled(way, _near(x, y, at, reach) * _front(z))

    return move


def _jaw(amount: float) -> Move:
    """The chin sinks and goes back a little; the lower lip goes with it."""

    def move(x: float, y: float, z: float) -> Vec:
        lip = MOUTH_Y + 9.0 * min(x * x, 0.0013) - 0.004
        below = max(0.0, min(1.0, (lip - y) / 0.004)) * max(0.0, min(1.0, (HINGE_Y - y) / 0.05))
        share = below * _front(z + 0.02) * math.exp(-((x / 0.075) ** 2)) * amount
        return (0.0, -0.026 * share, -0.006 * share)

    return move


def _round(amount: float) -> Move:
    """The corners of the mouth come together, and the lips forward."""

    def move(x: float, y: float, z: float) -> Vec:
        share = _near(x, y, (0.0, MOUTH_Y), (0.06, 0.022)) * _front(z) * amount
        return (-0.5 * x * share, 0.0, 0.010 * share)

    return move


def _together(*moves: Move) -> Move:
    def move(x: float, y: float, z: float) -> Vec:
        ways = [one(x, y, z) for one in moves]
        return (sum(way[0] for way in ways), sum(way[1] for way in ways), sum(w[2] for w in ways))

    return move


def _smile(side: float, amount: float = 1.0) -> Move:
    corner = (side * 0.036, MOUTH_Y + 0.010)
    return _bump(corner, (0.022, 0.03), (side * 0.008 * amount, 0.014 * amount, 0.0))


def _cheek(side: float) -> Move:
    return _bump((side * 0.075, -0.06), (0.03, 0.04), (side * 0.008, 0.0, 0.008))


def _press(x: float, y: float, z: float) -> Vec:
    """The lips are pressed together."""
    share = _near(x, y, (0.0, MOUTH_Y), (0.06, 0.02)) * _front(z)
    return (0.0, 0.6 * (MOUTH_Y - y) * share, -0.002 * share)


WIDE = _together(_smile(1, 0.6), _smile(-1, 0.6))
MOVES: dict[str, Move] = {
    "browInnerUp": _bump((0.0, BROW_Y), (0.045, 0.02), (0.0, 0.014, 0.0)),
    "browDownLeft": _bump((0.05, BROW_Y), (0.03, 0.02), (-0.003, -0.012, 0.0)),
    "browDownRight": _bump((-0.05, BROW_Y), (0.03, 0.02), (0.003, -0.012, 0.0)),
    "eyeBlinkLeft": _blink(1),
    "eyeBlinkRight": _blink(-1),
    "cheekPuff": _together(_cheek(1), _cheek(-1)),
    "jawOpen": _jaw(1.0),
    "mouthPucker": _round(1.0),
    "mouthSmileLeft": _smile(1),
    "mouthSmileRight": _smile(-1),
    "viseme_sil": lambda x, y, z: (0.0, 0.0, 0.0),
    "viseme_PP": _press,
    "viseme_aa": _jaw(0.8),
    "viseme_E": _together(_jaw(0.35), WIDE),
    "viseme_I": _together(_jaw(0.2), WIDE),
    "viseme_O": _together(_jaw(0.6), _round(0.7)),
    "viseme_U": _together(_jaw(0.25), _round(1.0)),
}
"""Left and right are the figure's own; its left is +x."""
