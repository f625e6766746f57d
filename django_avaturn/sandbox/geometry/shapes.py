"""Building blocks: stacks of rings, ellipsoids and tubes, as triangles with outward faces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Vec = tuple[float, float, float]
Triangle = tuple[int, int, int]


@dataclass(slots=True)
class Mesh:
    """Positions in metres and triangles, counter-clockwise from outside."""

    positions: list[Vec] = field(default_factory=list)
    triangles: list[Triangle] = field(default_factory=list)

    def add(self, other: Mesh) -> Mesh:
        """Append another mesh; returns this one."""
        offset = len(self.positions)
        self.positions += other.positions
        self.triangles += [(a + offset, b + offset, c + offset) for a, b, c in other.triangles]
        return self

    def mirrored(self) -> Mesh:
        """The same on the other side of the body."""
        flipped = [(-x, y, z) for x, y, z in self.positions]
        return Mesh(flipped, [(a, c, b) for a, b, c in self.triangles])

    def scaled(self, factor: float, about: Vec) -> Mesh:
        """The same, larger or smaller."""
        ax, ay, az = about
        moved = [
            (ax + (x - ax) * factor, ay + (y - ay) * factor, az + (z - az) * factor)
            for x, y, z in self.positions
        ]
        return Mesh(moved, self.triangles)


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """All in one."""
    whole = Mesh()
    for mesh in meshes:
        whole.add(mesh)
    return whole


def both_sides(mesh: Mesh) -> Mesh:
    """A limb and its twin."""
    return merged((mesh, mesh.mirrored()))


@dataclass(frozen=True, slots=True)
class Ring:
    """A horizontal ring. ``square`` is 2 for an ellipse; larger values are boxier."""

    y: float
    rx: float
    rz: float
    x: float = 0.0
    z: float = 0.0
    square: float = 2.0

    def point(self, angle: float) -> Vec:
        """The point at an angle; 0 is the front, a quarter turn is +x."""
        return (
            self.x + self.rx * _rounded(math.sin(angle), self.square),
            self.y,
            self.z + self.rz * _rounded(math.cos(angle), self.square),
        )


def _rounded(value: float, square: float) -> float:
    return math.copysign(abs(value) ** (2 / square), value)


def loft(rings: Sequence[Ring], segments: int = 12, *, caps: bool = True) -> Mesh:
    """A closed skin over rings given from the lowest to the highest."""
    turn = [2 * math.pi * step / segments for step in range(segments)]
    mesh = Mesh([ring.point(angle) for ring in rings for angle in turn])
    mesh.triangles += grid(len(rings), segments, wrap=True)
    if caps:
        _cap(mesh, rings[0], 0, segments, up=False)
        _cap(mesh, rings[-1], (len(rings) - 1) * segments, segments, up=True)
    return mesh


def _cap(mesh: Mesh, ring: Ring, first: int, segments: int, *, up: bool) -> None:
    # Vertices of its own, so that the edge stays sharp when normals are averaged.
    start = len(mesh.positions)
    mesh.positions += [*mesh.positions[first : first + segments], (ring.x, ring.y, ring.z)]
    centre = start + segments
    for step in range(segments):
        here, there = start + step, start + (step + 1) % segments
        mesh.triangles.append((centre, here, there) if up else (centre, there, here))


def grid(rows: int, columns: int, *, wrap: bool) -> list[Triangle]:
    """Triangles between rows of points that run to the right, lowest row first."""
    triangles: list[Triangle] = []
    for row in range(rows - 1):
        for column in range(columns if wrap else columns - 1):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            c, d = a + columns, b + columns
            triangles += [(a, b, d), (a, d, c)]
    return triangles


def ellipsoid(centre: Vec, radii: Vec, segments: int = 12, rows: int = 7) -> Mesh:
    """An ellipsoid with its poles up and down."""
    x, y, z = centre
    rx, ry, rz = radii
    rings = []
    for row in range(rows + 1):
        angle = math.pi * (row + 0.02) / (rows + 0.04)
        width = math.sin(angle)
        rings.append(Ring(y - ry * math.cos(angle), rx * width, rz * width, x, z))
    return loft(rings, segments)


def tube(points: Sequence[Vec], radius: float, sides: int = 6, *, closed: bool = False) -> Mesh:
    """A round bar along a path."""
    mesh = Mesh()
    count = len(points)
    for index, point in enumerate(points):
        before = points[index - 1] if closed or index else point
        after = points[(index + 1) % count] if closed or index < count - 1 else point
        across, along = _frame(_minus(after, before))
        for side in range(sides):
            angle = 2 * math.pi * side / sides
            mesh.positions.append(_around(point, across, along, angle, radius))
    mesh.triangles += _tube_faces(count, sides, closed)
    return mesh


def _tube_faces(count: int, sides: int, closed: bool) -> list[Triangle]:
    faces = grid(count, sides, wrap=True)
    if not closed:
        return faces
    last = (count - 1) * sides
    for side in range(sides):
        a, b = last + side, last + (side + 1) % sides
        c, d = side, (side + 1) % sides
        faces += [(a, b, d), (a, d, c)]
    return faces


def _around(point: Vec, across: Vec, along: Vec, angle: float, radius: float) -> Vec:
    c, s = math.cos(angle) * radius, math.sin(angle) * radius
    return (
        point[0] + across[0] * c + along[0] * s,
        point[1] + across[1] * c + along[1] * s,
        point[2] + across[2] * c + along[2] * s,
    )


def _frame(direction: Vec) -> tuple[Vec, Vec]:
    forward = normalized(direction)
    reference = (0.0, 0.0, 1.0) if abs(forward[2]) < 0.8 else (0.0, 1.0, 0.0)
    across = normalized(cross(forward, reference))
    return across, cross(forward, across)


def _minus(a: Vec, b: Vec) -> Vec:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def cross(a: Vec, b: Vec) -> Vec:
    """The cross product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def normalized(a: Vec) -> Vec:
    """The same direction with length one; up where there is no direction."""
    length = math.sqrt(a[0] ** 2 + a[1] ** 2 + a[2] ** 2)
    return (a[0] / length, a[1] / length, a[2] / length) if length > 1e-12 else (0.0, 1.0, 0.0)


def normals(mesh: Mesh) -> list[Vec]:
    """One normal per position: the average of its faces, larger faces counting more."""
    sums = [[0.0, 0.0, 0.0] for _ in mesh.positions]
    for a, b, c in mesh.triangles:
        p, q, r = mesh.positions[a], mesh.positions[b], mesh.positions[c]
        face = cross(_minus(q, p), _minus(r, p))
        for vertex in (a, b, c):
            for axis in range(3):
                sums[vertex][axis] += face[axis]
    return [normalized((x, y, z)) for x, y, z in sums]


def table(points: Sequence[tuple[float, float]], at: float) -> float:
    """Read a value between the points of a table, with soft transitions; level beyond its ends."""
    at = max(points[0][0], min(points[-1][0], at))
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(points) if at <= pair[1][0])
    share = (at - x0) / (x1 - x0)
    share = share * share * (3 - 2 * share)
    return y0 + (y1 - y0) * share
