"""Still pictures of a figure: a small z-buffer painter and a PNG writer."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from .part import Part
from .shapes import Vec, normalized, normals

LIGHT = normalized((-0.40, 0.70, 0.75))
TURN = math.radians(-20)
FAR = -1e9
LEVELS = 96

Corner = tuple[float, float, float, float]
"""Across and down in pixels, depth in metres, light."""
Pixel = tuple[int, int, int, int]
Ramp = list[Pixel]
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
    """Pixels with depth, transparent at first."""

    def __init__(self, crop: Crop, height: int) -> None:
        self.scale = height / crop.height
        self.width, self.height = round(crop.width * self.scale), height
        self.left, self.top = crop.left, crop.bottom + crop.height
        self.depth = [FAR] * (self.width * self.height)
        self.pixels: list[Pixel] = [(0, 0, 0, 0)] * len(self.depth)

    def paint(self, part: Part) -> None:
        """Draw all faces of a part that look this way."""
        points = [
            (*self._project(point), _level(normal))
            for point, normal in zip(part.mesh.positions, normals(part.mesh), strict=True)
        ]
        ramp = _ramp(part)
        for a, b, c in part.mesh.triangles:
            p, q, r = points[a], points[b], points[c]
            area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
            if area < 0 and not (p[1] < 0 and q[1] < 0 and r[1] < 0):
                self._triangle(p, q, r, ramp)

    def _project(self, point: Vec) -> Vec:
        x, y, z = point
        across = x * math.cos(TURN) - z * math.sin(TURN)
        depth = x * math.sin(TURN) + z * math.cos(TURN)
        return ((across - self.left) * self.scale, (self.top - y) * self.scale, depth)

    def _triangle(self, p: Corner, q: Corner, r: Corner, ramp: Ramp) -> None:
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
            z = z0 + (y - y0) * depth[1] + (0.5 - x0) * depth[0]
            level = l0 + (y - y0) * light[1] + (0.5 - x0) * light[0]
            ends = (min(near, far), max(near, far))
            self._span(row, ends, (z, depth[0]), (level, light[0]), ramp)

    def _span(self, row: int, ends: Pair, depth: Pair, light: Pair, ramp: Ramp) -> None:
        first, last = max(0, math.ceil(ends[0] - 0.5)), math.ceil(ends[1] - 0.5)
        for column in range(first, min(self.width, last)):
            z = depth[0] + depth[1] * column
            index = row * self.width + column
            if z <= self.depth[index]:
                continue
            colour = ramp[max(0, min(LEVELS, int(light[0] + light[1] * column)))]
            if colour[3] == 255:
                self.depth[index] = z
                self.pixels[index] = colour
            else:
                self.pixels[index] = _over(colour, self.pixels[index])

    def png(self) -> bytes:
        """The picture as a PNG with transparency."""
        rows = bytearray()
        for row in range(self.height):
            rows.append(0)
            for pixel in self.pixels[row * self.width : (row + 1) * self.width]:
                rows += bytes(pixel)
        size = struct.pack(">IIBBBBB", self.width, self.height, 8, 6, 0, 0, 0)
        chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _level(normal: Vec) -> float:
    across = normal[0] * math.cos(TURN) - normal[2] * math.sin(TURN)
    depth = normal[0] * math.sin(TURN) + normal[2] * math.cos(TURN)
    light = across * LIGHT[0] + normal[1] * LIGHT[1] + depth * LIGHT[2]
    return LEVELS * (0.60 + 0.36 * max(0.0, light) + 0.04 * normal[1])


def _ramp(part: Part) -> Ramp:
    """The part's colour from dark to bright."""
    *color, alpha = part.rgba
    ramp = []
    for level in range(LEVELS + 1):
        red, green, blue = (min(255, round(c * 280 * level / LEVELS)) for c in color)
        ramp.append((red, green, blue, round(alpha * 255)))
    return ramp


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


def _over(front: Pixel, back: Pixel) -> Pixel:
    share = front[3] / 255
    red, green, blue = (
        round(a * share + b * (1 - share)) for a, b in zip(front[:3], back[:3], strict=True)
    )
    return red, green, blue, max(back[3], front[3])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paint(parts: Iterable[Part], crop: Crop, height: int) -> bytes:
    """A PNG of the parts; see-through ones are painted last."""
    canvas = Canvas(crop, height)
    wanted = [part for part in parts if part.name.startswith(crop.names)]
    for part in sorted(wanted, key=lambda part: part.rgba[3] < 1):
        canvas.paint(part)
    return canvas.png()
