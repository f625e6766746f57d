"""Still pictures of a figure: a small z-buffer painter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .light import LEVELS, Ramp, level, ramp, turned
from .part import Part
from .png import halved, packed, png, straight, unpacked
from .shapes import Mesh, Vec, normals

FAR = -1e9
SAMPLES = 2
"""Samples per pixel in each direction: `halved` makes one pixel of two by two."""

Corner = tuple[float, float, float, float]
"""Across and down in samples, depth in metres, light."""
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Crop:
    """The window onto the figure in metres, and the parts to paint (by start of name)."""

    left: float
    bottom: float
    width: float
    height: float
    names: tuple[str, ...] = ("avaturn_",)


class Canvas:
    """Samples with depth, transparent at first; ``height`` is in pixels."""

    def __init__(self, crop: Crop, height: int) -> None:
        self.scale = height * SAMPLES / crop.height
        self.width = round(crop.width * self.scale / SAMPLES) * SAMPLES
        self.height = height * SAMPLES
        self.left, self.top = crop.left, crop.bottom + crop.height
        self.depth = [FAR] * (self.width * self.height)
        self.pixels = [0] * len(self.depth)

    def paint(self, part: Part) -> None:
        """Draw all faces of a part that look this way."""
        self.surface(part.mesh, normals(part.mesh), part)

    def surface(self, mesh: Mesh, directions: list[Vec], part: Part) -> None:
        """Draw a mesh with a normal per position in the colour of ``part``."""
        points = [
            (*self._project(point), level(normal))
            for point, normal in zip(mesh.positions, directions, strict=True)
        ]
        colours, span = ramp(part), self._span if part.rgba[3] == 1 else self._glass
        for a, b, c in mesh.triangles:
            p, q, r = points[a], points[b], points[c]
            area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
            if area < 0 and not (p[1] < 0 and q[1] < 0 and r[1] < 0):
                for line in self._lines(p, q, r):
                    span(*line, colours)

    def _project(self, point: Vec) -> Vec:
        across, up, depth = turned(point)
        return ((across - self.left) * self.scale, (self.top - up) * self.scale, depth)

    def _lines(self, p: Corner, q: Corner, r: Corner) -> Iterable[tuple[int, int, Pair, Pair]]:
        """Where a triangle covers samples: first and last index, depth and light with slopes."""
        top, middle, end = sorted((p, q, r), key=lambda corner: corner[1])
        (x0, y0, z0, l0), (x1, y1, *_), (x2, y2, *_) = top, middle, end
        depth, light = _slopes(top, middle, end, 2), _slopes(top, middle, end, 3)
        for row in range(max(0, math.ceil(y0 - 0.5)), min(self.height, math.ceil(y2 - 0.5))):
            y = row + 0.5
            far = x0 + (x2 - x0) * (y - y0) / (y2 - y0)
            if y < y1:
                near = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
            else:
                near = x1 + (x2 - x1) * (y - y1) / ((y2 - y1) or 1)
            first = max(0, math.ceil(min(near, far) - 0.5))
            last = min(self.width, math.ceil(max(near, far) - 0.5))
            if first >= last:
                continue
            x = first + 0.5 - x0
            z = z0 + (y - y0) * depth[1] + x * depth[0]
            shade = _within(l0 + (y - y0) * light[1] + x * light[0], light[0], last - first)
            start = row * self.width
            yield start + first, start + last, (z, depth[0]), shade

    def _span(self, first: int, last: int, depth: Pair, light: Pair, colours: Ramp) -> None:
        # The innermost loop: nearly all the time goes here.
        depths, pixels = self.depth, self.pixels
        z, dz = depth
        shade, step = light
        for index in range(first, last):
            if z > depths[index]:
                depths[index] = z
                pixels[index] = colours[int(shade)]
            z += dz
            shade += step

    def _glass(self, first: int, last: int, depth: Pair, light: Pair, colours: Ramp) -> None:
        for offset, index in enumerate(range(first, last)):
            if depth[0] + depth[1] * offset > self.depth[index]:
                colour = colours[int(light[0] + light[1] * offset)]
                self.pixels[index] = over(colour, self.pixels[index])

    def png(self) -> bytes:
        """The picture as a PNG with transparency."""
        return png(straight(halved(self.pixels, self.width)), self.width // SAMPLES)


def _within(first: float, step: float, count: int) -> Pair:
    """Start and step of a light that stays on the ramp, however thin the triangle is."""
    start = max(0.0, min(LEVELS, first))
    end = max(0.0, min(LEVELS, first + step * (count - 1)))
    return start + 1e-6, (end - start) * (1 - 1e-6) / max(1, count - 1)


def _slopes(p: Corner, q: Corner, r: Corner, item: int) -> Pair:
    """How a value of the corners changes with a step to the right and a step down."""
    area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
    if not area:
        return (0.0, 0.0)
    first, second = q[item] - p[item], r[item] - p[item]
    return (
        (first * (r[1] - p[1]) - second * (q[1] - p[1])) / area,
        ((q[0] - p[0]) * second - (r[0] - p[0]) * first) / area,
    )


def over(front: int, back: int) -> int:
    """One colour on top of another; the lower one is multiplied by its alpha, as is the result."""
    *color, alpha = unpacked(front)
    *behind, below = unpacked(back)
    red, green, blue = (
        (a * alpha + b * (255 - alpha)) // 255 for a, b in zip(color, behind, strict=True)
    )
    return packed((red, green, blue, alpha + below * (255 - alpha) // 255))


def paint(parts: Iterable[Part], crop: Crop, height: int) -> bytes:
    """A PNG of the parts; see-through ones are painted last."""
    canvas = Canvas(crop, height)
    wanted = [part for part in parts if part.name.startswith(crop.names)]
    for part in sorted(wanted, key=lambda part: part.rgba[3] < 1):
        canvas.paint(part)
    return canvas.png()
