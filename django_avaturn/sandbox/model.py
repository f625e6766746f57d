"""Writing a figure as a GLB (glTF 2.0 binary)."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from .geometry.figure import figure
from .geometry.morphs import displacements, mesh_name
from .geometry.part import Part
from .geometry.shapes import Vec, normals
from .look import Look
from .messages import ZEROS, Stream

FLOAT, UNSIGNED_SHORT = 5126, 5123
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
PADDING_CHUNK = b"PAD0"
LARGEST = 2**32 - 4
"""No GLB is longer: its header counts the bytes in 32 bits."""


def model_stream(look: Look, at_least: int = 0, *, animated: bool = False) -> Stream:
    """The GLB of a look, padded to ``at_least`` bytes with a chunk that readers skip.

    An ``animated`` one has the meshes and blendshapes of a T2 avatar, see `geometry.morphs`.

    The padding is made while it is sent: a large model takes no memory.
    """
    model = _model(look, animated)
    missing = min(at_least, LARGEST) - len(model)
    if missing <= 0:
        return Stream(lambda: iter((model,)), len(model))
    padding = max(0, -(-(missing - 8) // 4) * 4)
    whole = len(model) + 8 + padding
    start = struct.pack("<4sII", b"glTF", 2, whole) + model[12:]
    start += struct.pack("<I", padding) + PADDING_CHUNK

    def pieces() -> Iterator[bytes]:
        yield start
        for left in range(padding, 0, -len(ZEROS)):
            yield ZEROS[:left]

    return Stream(pieces, whole)


def model_bytes(look: Look, at_least: int = 0, *, animated: bool = False) -> bytes:
    """The same in one piece."""
    return b"".join(model_stream(look, at_least, animated=animated).pieces())


@lru_cache(maxsize=64)
def _model(look: Look, animated: bool) -> bytes:
    writer = _Writer()
    if not animated:
        for part in figure(look):
            writer.add(part.name, [part])
        return writer.finish()
    meshes: dict[str, list[Part]] = {}
    for part in figure(look):
        meshes.setdefault(mesh_name(part), []).append(part)
    for name, parts in meshes.items():
        writer.add(name, parts, [displacements(look, part) for part in parts])
    return writer.finish()


class _Writer:
    """Collects buffers and their descriptions, part by part."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "django-avaturn sandbox"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "materials": [],
            "accessors": [],
            "bufferViews": [],
        }

    def add(
        self, name: str, parts: list[Part], moves: Sequence[dict[str, list[Vec]]] = ({},)
    ) -> None:
        """Append a node with one mesh: a primitive per part, each with a material.

        ``moves`` are the blendshapes of each part, of the same names for all.
        """
        pairs = zip(parts, moves, strict=True)
        mesh: dict[str, Any] = {
            "name": name,
            "primitives": [self._primitive(part, shapes) for part, shapes in pairs],
        }
        if moves[0]:
            mesh["weights"] = [0] * len(moves[0])
            mesh["extras"] = {"targetNames": list(moves[0])}
        node = self._append("nodes", {"name": name, "mesh": self._append("meshes", mesh)})
        self.document["scenes"][0]["nodes"].append(node)

    def _primitive(self, part: Part, moves: dict[str, list[Vec]]) -> dict[str, Any]:
        mesh = part.mesh
        attributes = {
            "POSITION": self._vectors(mesh.positions, bounds=True),
            "NORMAL": self._vectors(normals(mesh)),
        }
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self._indices(index for face in mesh.triangles for index in face),
            "material": self._append("materials", material(part)),
        }
        if moves:
            targets = [{"POSITION": self._vectors(way, bounds=True)} for way in moves.values()]
            primitive["targets"] = targets
        return primitive

    def _append(self, kind: str, item: dict[str, Any]) -> int:
        self.document[kind].append(item)
        return len(self.document[kind]) - 1

    def _vectors(self, vectors: list[Vec], *, bounds: bool = False) -> int:
        flat = [value for vector in vectors for value in vector]
        packed = struct.pack(f"<{len(flat)}f", *flat)
        view = self._view(packed, ARRAY_BUFFER)
        accessor: dict[str, Any] = {
            "bufferView": view,
            "componentType": FLOAT,
            "count": len(vectors),
            "type": "VEC3",
        }
        if bounds:
            # Bounds must be those of the stored 32-bit values, not of ours.
            stored = struct.unpack(f"<{len(flat)}f", packed)
            accessor["min"] = [min(stored[axis::3]) for axis in range(3)]
            accessor["max"] = [max(stored[axis::3]) for axis in range(3)]
        return self._append("accessors", accessor)

    def _indices(self, indices: Iterable[int]) -> int:
        flat = list(indices)
        view = self._view(struct.pack(f"<{len(flat)}H", *flat), ELEMENT_ARRAY_BUFFER)
        accessor = {
            "bufferView": view,
            "componentType": UNSIGNED_SHORT,
            "count": len(flat),
            "type": "SCALAR",
        }
        return self._append("accessors", accessor)

    def _view(self, data: bytes, target: int) -> int:
        view = {
            "buffer": 0,
            "byteOffset": len(self.binary),
            "byteLength": len(data),
            "target": target,
        }
        self.binary += data + bytes(-len(data) % 4)
        return self._append("bufferViews", view)

    def finish(self) -> bytes:
        """The whole file."""
        self.document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(self.binary)
        return b"".join(
            (
                struct.pack("<4sII", b"glTF", 2, length),
                struct.pack("<I4s", len(text), b"JSON"),
                text,
                struct.pack("<I4s", len(self.binary), b"BIN\0"),
                self.binary,
            )
        )


def material(part: Part) -> dict[str, Any]:
    """A plain material; glTF wants linear light where we say sRGB."""
    *color, alpha = part.rgba
    described: dict[str, Any] = {
        "name": part.name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*(round(_linear(value), 5) for value in color), round(alpha, 3)],
            "metallicFactor": 0.0,
            "roughnessFactor": round(0.95 - 0.6 * part.gloss, 3),
        },
    }
    if alpha < 1:
        described |= {"alphaMode": "BLEND", "doubleSided": True}
    return described


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
