"""Rounder meshes for pictures that are looked at closely."""

from __future__ import annotations

from .shapes import Mesh, Vec, normalized, normals

BULGE = 0.75
"""How far a new point follows the curve that the normals at both ends tell of."""


def smoothed(mesh: Mesh) -> tuple[Mesh, list[Vec]]:
    """The mesh with four curved faces for each flat one (Phong tessellation), and its normals."""
    directions = normals(mesh)
    fine = Mesh(list(mesh.positions))
    middles: dict[tuple[int, int], int] = {}

    def middle(a: int, b: int) -> int:
        key = (a, b) if a < b else (b, a)
        if key not in middles:
            middles[key] = len(fine.positions)
            ends = mesh.positions[a], mesh.positions[b]
            fine.positions.append(_between(*ends, directions[a], directions[b]))
            directions.append(_mean(directions[a], directions[b]))
        return middles[key]

    for a, b, c in mesh.triangles:
        ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
        fine.triangles += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return fine, directions


def _between(p: Vec, q: Vec, at_p: Vec, at_q: Vec) -> Vec:
    way = (q[0] - p[0], q[1] - p[1], q[2] - p[2])
    out = BULGE / 4 * (way[0] * at_p[0] + way[1] * at_p[1] + way[2] * at_p[2])
    back = BULGE / 4 * (way[0] * at_q[0] + way[1] * at_q[1] + way[2] * at_q[2])
    return (
        (p[0] + q[0]) / 2 - out * at_p[0] + back * at_q[0],
        (p[1] + q[1]) / 2 - out * at_p[1] + back * at_q[1],
        (p[2] + q[2]) / 2 - out * at_p[2] + back * at_q[2],
    )


def _mean(a: Vec, b: Vec) -> Vec:
    return normalized((a[0] + b[0], a[1] + b[1], a[2] + b[2]))
