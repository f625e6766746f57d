"""A named, coloured piece of a figure."""

from __future__ import annotations

from dataclasses import dataclass, field

from .shapes import Mesh


@dataclass(frozen=True, slots=True)
class Part:
    """One mesh with one colour.

    ``color`` is ``#rrggbb`` or ``#rrggbbaa``. ``role`` tells the page what moves: eyes blink.
    ``gloss`` goes from 0 (cloth) to 1 (glass).
    """

    name: str
    color: str
    mesh: Mesh = field(repr=False)
    role: str = ""
    gloss: float = 0.15

    @property
    def rgba(self) -> tuple[float, float, float, float]:
        """Red, green, blue and alpha from 0 to 1, in sRGB."""
        digits = self.color.lstrip("#").ljust(8, "f")
        red, green, blue, alpha = (int(digits[i : i + 2], 16) / 255 for i in range(0, 8, 2))
        return red, green, blue, alpha


def mix(first: str, second: str, share: float) -> str:
    """A colour ``share`` of the way from the first to the second."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
