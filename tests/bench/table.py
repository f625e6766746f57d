"""What was measured, beside what was hoped for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import quantiles
from typing import Any, Literal

Bound = Literal["<=", ">=", "<", ""]

NOISE = 0.10
"""By how much a ratio may miss its goal on a machine that others use, too."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How thorough a run is.

    Parameters:
        rounds: in each, all rivals have a turn. More of them, less noise.
        short: leave out what takes long, so that all rivals together end within two minutes.
    """

    rounds: int = 15
    short: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: a ratio or a count, its goal if it has one, and the medians it comes from.

    A count is held to its goal exactly, a ratio within ``NOISE``. ``spread`` has the ratio's lower
    and upper quartile over the rounds, where it is a median of them.
    """

    what: str
    value: float
    bound: Bound = ""
    goal: float = 0
    medians: str = ""
    spread: tuple[float, float] | None = None

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
        if self.spread:
            value += " ({:.2f}-{:.2f})".format(*self.spread)
        goal = f"{self.bound} {self.goal:g}" if self.bound else ""
        return self.what, value, goal, self.verdict, self.medians

    @property
    def json(self) -> dict[str, Any]:
        """All of it, for the file."""
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How something grows: lines of points, for a plot with logarithmic axes.

    Parameters:
        name: of the plot's file, such as ``growth-users``.
        title, x, y: what stands above the plot and at its axes, with the units.
        lines: (x, y) by name of the line.
    """

    name: str
    title: str
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of texts, written beside the plots as ``<name>.csv``."""

    name: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


Result = Figure | Curve | Table


def ratio(
    what: str,
    ones: Sequence[float],
    others: Sequence[float],
    bound: Bound = "",
    goal: float = 0,
    medians: str = "",
) -> Figure:
    """The median of the ratios of rounds, with their quartiles."""
    found = [one / other for one, other in zip(ones, others, strict=True)]
    low, middle, high = quantiles(found, n=4) if len(found) > 1 else found * 3
    return Figure(
        what=what, value=middle, bound=bound, goal=goal, medians=medians, spread=(low, high)
    )
