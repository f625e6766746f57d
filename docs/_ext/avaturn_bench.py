"""``.. avaturn-bench:: part …``: figures that ``python -m tests.bench --json`` has written.

``.. avaturn-bench-machine::`` says on what they were measured.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).parents[1] / "figures" / "bench.json"
VERDICTS = {"": "", "ok": "met", "ok (noise)": "within noise", "MISSED": "**missed**"}


class Written(SphinxDirective, ABC):
    """Takes its text from the file, and has the page built anew when that changes."""

    def run(self) -> list[nodes.Node]:
        """The text, as nodes."""
        self.env.note_dependency(str(FILE))
        told = json.loads(FILE.read_text("utf-8"))
        return self.parse_text_to_nodes("\n".join(self.lines(told)))

    @abstractmethod
    def lines(self, told: dict[str, Any]) -> Iterator[str]:
        """What to show of the file."""


class Table(Written):
    """The figures of some parts."""

    required_arguments = 1
    final_argument_whitespace = True

    def lines(self, told: dict[str, Any]) -> Iterator[str]:
        """One row for each."""
        yield from (".. list-table::", "   :header-rows: 1", "   :widths: 38 22 12 28", "")
        yield from row("What", "Figure", "Goal", "Medians, notes")
        for part in self.arguments[0].split():
            for figure in told["parts"][part]["figures"]:
                yield from row(figure["what"], value(figure), goal(figure), figure["medians"])


class Machine(Written):
    """Where it was measured, and with how many rounds."""

    def lines(self, told: dict[str, Any]) -> Iterator[str]:
        """One sentence."""
        machine = {**told["machine"], "cores": f"{told['machine']['cores']} cores"}
        rounds = sorted({part["rounds"] for part in told["parts"].values()})
        yield f"Measured on {', '.join(machine.values())}, in {rounds[0]}"
        yield f"to {rounds[-1]} rounds." if len(rounds) > 1 else "rounds."


def row(*cells: str) -> Iterator[str]:
    """A row of a list-table."""
    for number, cell in enumerate(cells):
        yield f"   {' ' if number else '*'} - {cell}".rstrip()


def value(figure: dict[str, Any]) -> str:
    """A count as it is, a ratio with its quartiles."""
    found = figure["value"]
    told = f"{found:,}" if isinstance(found, int) else f"{found:.2f}"
    low, high = figure["spread"] or (None, None)
    return told if low is None else f"{told} ({low:.2f} to {high:.2f})"


def goal(figure: dict[str, Any]) -> str:
    """The goal, and whether it is met."""
    if not figure["bound"]:
        return ""
    sign = {"<=": "at most", ">=": "at least", "<": "below"}[figure["bound"]]
    return f"{sign} {figure['goal']:g}, {VERDICTS[figure['verdict']]}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of both directives."""
    app.add_directive("avaturn-bench", Table)
    app.add_directive("avaturn-bench-machine", Machine)
    return {"parallel_read_safe": True}
