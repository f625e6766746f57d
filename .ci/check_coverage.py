"""Compare a file of ``coverage json`` with the floor: each line, 95 % of the branches.

coverage's own ``fail_under`` is one figure for both together, in which a hundred lines do not show.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

LINES, BRANCHES = 100.0, 95.0  # per cent


def complaint(totals: dict[str, int]) -> str:
    """What is short of the floor, or nothing; ``totals`` is as coverage writes it."""
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"{lines:.2f} % of lines, {branches:.2f} % of branches")
    if lines >= LINES and branches >= BRANCHES:
        return ""
    return (
        f"At least {LINES:.0f} % of lines and {BRANCHES:.0f} % of branches must be covered: "
        "write tests for what the report above lists as missing."
    )


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.exit(complaint(told["totals"]) or None)
