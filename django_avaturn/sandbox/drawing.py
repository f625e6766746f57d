"""Two lighter forms of a figure: the mesh that the page draws, and still pictures."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from functools import lru_cache
from typing import Any

from .geometry.figure import figure
from .geometry.part import Part
from .geometry.raster import Crop, paint
from .look import Look

STEPS_PER_METRE = 4000
"""Positions travel as 16-bit integers, in quarters of a millimetre."""

TALL, SMALL = 300, 144
"""Heights in pixels: a whole figure, and a detail."""

FACE = ("avaturn_head", "avaturn_hair", "avaturn_face", "avaturn_eyes", "avaturn_glasses")
CROPS = {
    "figure": Crop(-0.44, -0.03, 0.88, 1.88),
    "bust": Crop(-0.33, 1.18, 0.66, 0.66),
    "head": Crop(-0.215, 1.370, 0.43, 0.43, (*FACE, "avaturn_body")),
    "face": Crop(-0.165, 1.405, 0.33, 0.30, (*FACE, "avaturn_body")),
    "outfit": Crop(-0.47, 0.44, 0.94, 0.94, ("avaturn_look", "avaturn_body")),
    "shoes": Crop(-0.21, -0.06, 0.42, 0.34, ("avaturn_shoes", "avaturn_body", "avaturn_look")),
}


@lru_cache(maxsize=128)
def page_mesh(look: Look) -> bytes:
    """The figure for the page: gzipped JSON, numbers as base64, one entry per part."""
    payload = {"scale": STEPS_PER_METRE, "parts": [_page_part(part) for part in figure(look)]}
    return gzip.compress(json.dumps(payload, separators=(",", ":")).encode(), 6, mtime=0)


def _page_part(part: Part) -> dict[str, Any]:
    positions = [round(v * STEPS_PER_METRE) for point in part.mesh.positions for v in point]
    indices = [index for face in part.mesh.triangles for index in face]
    return {
        "name": part.name,
        "color": [round(channel, 3) for channel in part.rgba],
        "role": part.role,
        "gloss": part.gloss,
        "positions": base64.b64encode(struct.pack(f"<{len(positions)}h", *positions)).decode(),
        "indices": base64.b64encode(struct.pack(f"<{len(indices)}H", *indices)).decode(),
    }


@lru_cache(maxsize=512)
def picture(look: Look, crop: str, height: int = 0) -> bytes:
    """A still picture as PNG, ``height`` pixels high (0 leaves it to the crop).

    Raises:
        KeyError: no crop of this name.
    """
    return paint(figure(look), CROPS[crop], height or (TALL if crop == "figure" else SMALL))
