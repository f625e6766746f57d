"""What comes of a run: a table, a file, and plots."""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

from .table import Curve, Figure, Mode, Result, Table

HEAD = ("what", "figure", "goal", "", "medians, notes")
Results = Mapping[str, Sequence[Result]]
"""By part."""


def show(results: Results, mode: Mode) -> None:
    """Print the figures, in columns."""
    figures = [one for part in results.values() for one in part if isinstance(one, Figure)]
    rows = [HEAD, *(figure.cells for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print(
        "\n{python}, {django}, {server}, {database}, {cores} cores.".format(**machine()),
        f"Medians over {mode.rounds} rounds in which the rivals take turns, with the quartiles;",
        "10% over a goal is noise.",
    )


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "python": f"Python {platform.python_version()}",
        "django": f"Django {django.get_version()}",
        "server": "gunicorn gthread 2 x 8",
        "database": "PostgreSQL",
        "cores": os.cpu_count(),
    }


def write_json(results: Results, mode: Mode, path: Path) -> None:
    """All of it; parts that the file has and this run has not are kept."""
    before = json.loads(path.read_text("utf-8"))["parts"] if path.exists() else {}
    parts = {
        name: {
            "rounds": mode.rounds,
            "short": mode.short,
            "figures": [one.json for one in found if isinstance(one, Figure)],
            "curves": [asdict(one) for one in found if isinstance(one, Curve)],
        }
        for name, found in results.items()
    }
    told = {"machine": machine(), "parts": {**before, **parts}}
    path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def draw(results: Results, folder: Path) -> None:
    """One SVG for each curve, with both axes logarithmic, and one CSV file for each table."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in (one for part in results.values() for one in part):
        if isinstance(one, Curve):
            plot(one, folder / f"{one.name}.svg")
        elif isinstance(one, Table):
            with (folder / f"{one.name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([one.head, *one.rows])


def plot(curve: Curve, path: Path) -> None:
    """Draw it, the same each time for the same points."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = curve.name
    from matplotlib import pyplot
    from matplotlib.ticker import LogFormatter

    picture, axes = pyplot.subplots(figsize=(9, 4), layout="constrained")
    for name, points in curve.lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=name)
    axes.set(title=curve.title, xlabel=curve.x, ylabel=curve.y, xscale="log", yscale="log")
    measured = sorted({x for points in curve.lines.values() for x, _ in points})
    axes.set_xticks(measured, [f"{x:,.0f}" for x in measured])
    axes.set_xticks([], minor=True)
    for which in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        which(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))  # beside the lines
    picture.savefig(path, metadata={"Date": None})
    pyplot.close(picture)
