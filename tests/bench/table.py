"""What was measured, beside what was hoped for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Bound = Literal["<=", ">=", "<", ""]

NOISE = 0.10
"""By how much a ratio may miss its goal on a machine that others use, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: a ratio or a count, its goal if it has one, and the medians it comes from.

    A count is held to its goal exactly, a ratio within ``NOISE``.
    """

    what: str
    value: float
    bound: Bound = ""
    goal: float = 0
    medians: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``ok (noise)``, ``MISSED``, or nothing where there is no goal."""
        if not self.bound:
            return ""
        if self._within(0):
            return "ok"
        exact = isinstance(self.value, int)
        return "ok (noise)" if not exact and self._within(NOISE) else "MISSED"

    def _within(self, tolerance: float) -> bool:
        if self.bound == ">=":
            return self.value * (1 + tolerance) >= self.goal
        limit = self.goal * (1 + tolerance)
        return self.value < limit if self.bound == "<" else self.value <= limit

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        value = str(self.value) if isinstance(self.value, int) else f"{self.value:.2f}"
        goal = f"{self.bound} {self.goal:g}" if self.bound else ""
        return self.what, value, goal, self.verdict, self.medians


HEAD = ("what", "figure", "goal", "", "medians, notes")


def print_table(figures: Sequence[Figure]) -> None:
    """Print the rows, in columns."""
    rows = [HEAD, *(figure.cells for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
