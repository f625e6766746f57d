"""The picture that a render ends with."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .geometry.figure import figure
from .geometry.part import mix
from .geometry.png import packed, png
from .geometry.raster import Canvas, Crop, over
from .geometry.smooth import smoothed
from .look import Look

WIDTH, HEIGHT = 512, 640
"""Size in pixels of every render."""

SHADE = packed((52, 40, 80, 16))
"""One layer of the shadow on the ground."""

Disc = tuple[float, float, float, str]
"""Centre and radius as shares of the width, counted from the upper left corner, and a colour."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What is behind the figure: a sky from one colour to another, and discs in front of it."""

    above: str
    below: str
    discs: tuple[Disc, ...] = ()


BACKDROPS = {
    "city": Backdrop(
        "#cfe0f6",
        "#eef3fb",
        (
            (0.76, 0.26, 0.15, "#fff6dd"),
            (0.10, 1.42, 0.55, "#b7c9e6"),
            (0.98, 1.50, 0.60, "#a5bbde"),
        ),
    ),
    "forest": Backdrop(
        "#d9efe6",
        "#f3f8e6",
        (
            (0.24, 0.24, 0.13, "#fff3c9"),
            (0.12, 1.48, 0.60, "#a9d3a6"),
            (0.96, 1.44, 0.56, "#8cc39a"),
        ),
    ),
    "fantasy": Backdrop(
        "#5a4fb0",
        "#e59bd0",
        (
            (0.77, 0.25, 0.16, "#ffd9ec"),
            (0.08, 1.44, 0.54, "#8d6cc9"),
            (0.98, 1.50, 0.62, "#7659bd"),
        ),
    ),
    "preview": Backdrop("#fde9d3", "#f7cfb2", ((0.5, 0.58, 0.42, "#fff4e6"),)),
}
"""Backdrops by a word in the name of the scene."""

OTHERS = tuple(
    Backdrop(above, below, ((0.5, 0.58, 0.42, disc),))
    for above, below, disc in (
        ("#dcebfb", "#bcd6f2", "#f2f8ff"),
        ("#e6e0fa", "#cbbff0", "#f6f3ff"),
        ("#dff3ea", "#b8dfcf", "#f2fbf7"),
        ("#fbe3e6", "#f3c3cb", "#fff4f5"),
    )
)
"""For scenes of the site's own; the name decides."""


def backdrop_of(scene: str) -> Backdrop | None:
    """What is behind the figure in a scene; None where it is transparent."""
    if "transparent" in scene:
        return None
    known = (backdrop for word, backdrop in BACKDROPS.items() if word in scene)
    return next(known, OTHERS[zlib.crc32(scene.encode()) % len(OTHERS)])


@lru_cache(maxsize=64)
def portrait(look: Look, scene: str) -> bytes:
    """A PNG of the figure: from head to toe in scenes for the full body, else head and shoulders.

    It takes a moment, so it is never drawn while others wait for the sandbox.
    """
    parts = sorted(figure(look), key=lambda part: part.rgba[3] < 1)
    full = scene.endswith("full_body")
    top = max(point[1] for part in parts for point in part.mesh.positions)
    canvas = Canvas(_window(top, full=full), HEIGHT)
    backdrop = backdrop_of(scene)
    if backdrop is not None:
        _hang(canvas, backdrop)
        if full:
            _shadow(canvas)
    for part in parts:
        canvas.surface(*smoothed(part.mesh), part)
    return canvas.png()


def swatch(look: Look, scene: str) -> bytes:
    """A PNG of one colour, another one for each look and scene: no likeness, but made at once."""
    colour = zlib.crc32(f"{look} {scene}".encode())
    red, green, blue = (colour >> shift & 0xFF for shift in (0, 8, 16))
    width, height = WIDTH // 8, HEIGHT // 8
    return png([packed((red, green, blue, 255))] * (width * height), width)


def _window(top: float, *, full: bool) -> Crop:
    bottom, top = (-0.16, top + 0.13) if full else (top - 0.75, top + 0.09)
    width = (top - bottom) * WIDTH / HEIGHT
    return Crop(-width / 2, bottom, width, top - bottom)


def _hang(canvas: Canvas, backdrop: Backdrop) -> None:
    canvas.pixels = []
    for row in range(canvas.height):
        canvas.pixels += [_shade(backdrop, row / canvas.height)] * canvas.width
    for x, y, radius, color in backdrop.discs:
        centre = (x * canvas.width, y * canvas.width)
        radii = (radius * canvas.width, radius * canvas.width)
        for line in _ellipse(canvas, centre, radii):
            canvas.pixels[line] = [_opaque(color)] * (line.stop - line.start)


def _shade(backdrop: Backdrop, share: float) -> int:
    return _opaque(mix(backdrop.above, backdrop.below, share))


def _shadow(canvas: Canvas) -> None:
    """Ellipses in each other: the ground grows darker towards the feet."""
    centre = (canvas.width / 2, (canvas.top + 0.01) * canvas.scale)
    for step in range(8):
        across = 0.34 * (1 - step / 13) * canvas.scale
        for line in _ellipse(canvas, centre, (across, 0.2 * across)):
            canvas.pixels[line] = [_darker(pixel) for pixel in canvas.pixels[line]]


@lru_cache(maxsize=8192)
def _darker(pixel: int) -> int:
    return over(SHADE, pixel)


def _ellipse(
    canvas: Canvas, centre: tuple[float, float], radii: tuple[float, float]
) -> Iterator[slice]:
    (x, y), (across, down) = centre, radii
    for row in range(max(0, round(y - down)), min(canvas.height, round(y + down))):
        half = across * math.sqrt(max(0.0, 1 - ((row + 0.5 - y) / down) ** 2))
        first, last = max(0, round(x - half)), min(canvas.width, round(x + half))
        if first < last:
            yield slice(row * canvas.width + first, row * canvas.width + last)


def _opaque(color: str) -> int:
    red, green, blue = (int(color[index : index + 2], 16) for index in (1, 3, 5))
    return packed((red, green, blue, 255))
