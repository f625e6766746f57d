"""How bright a surface is, and what colour it has then."""

from __future__ import annotations

import math

from .part import Part
from .png import packed
from .shapes import Vec, normalized

LEVELS = 255
"""Steps from the deepest shade to the brightest spot."""

TURN = math.radians(-20)
"""How far the figure is turned from the viewer."""

KEY = normalized((-0.45, 0.65, 0.75))
SHADE = (0.56, 0.50, 0.58)
"""What is left of red, green and blue in the shade: it is a little cooler than the light."""

PLAIN = 0.72
"""The brightness at which a part has just its colour."""

Ramp = list[int]


def turned(vector: Vec) -> Vec:
    """As the viewer sees it: across, up, towards the eye."""
    x, y, z = vector
    cosine, sine = math.cos(TURN), math.sin(TURN)
    return x * cosine - z * sine, y, x * sine + z * cosine


def level(normal: Vec) -> float:
    """Brightness of a surface with this normal, from 0 to `LEVELS`."""
    across, up, front = turned(normal)
    light = max(0.0, 0.5 + 0.5 * (across * KEY[0] + up * KEY[1] + front * KEY[2]))
    # Light from behind draws a fine line around the side that the lamp does not reach.
    rim = (1.0 - min(1.0, abs(front))) ** 3 * max(0.0, across)
    return LEVELS * max(0.0, min(1.0, 0.04 + 0.90 * float(light**1.25) + 0.16 * rim + 0.04 * up))


def ramp(part: Part) -> Ramp:
    """The part's colour at each brightness, packed."""
    *color, alpha = part.rgba
    opacity = round(alpha * 255)
    ramp = []
    for step in range(LEVELS + 1):
        red, green, blue = (
            round(255 * _lit(value, shade, step / LEVELS, part.gloss))
            for value, shade in zip(color, SHADE, strict=True)
        )
        ramp.append(packed((red, green, blue, opacity)))
    return ramp


def _lit(value: float, shade: float, light: float, gloss: float) -> float:
    if light <= PLAIN:
        return value * (shade + (1 - shade) * light / PLAIN)
    over = (light - PLAIN) / (1 - PLAIN)
    return value + (1 - value) * (0.13 * over + 0.45 * gloss * over**3)
