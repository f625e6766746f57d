"""How PostgreSQL goes about what the steps ask of it: the scans of each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from .steps import Step, cost
from .table import Table

HEAD = ("Step", "Table", "How it is read", "Rows", "Buffers")
OURS = "django_avaturn_"
NODES = {"Index Scan", "Index Only Scan", "Bitmap Index Scan", "Seq Scan"}


def plans(steps: Sequence[Step], name: str = "growth-plans") -> Table:
    """A row for each scan of a table of ours, each but once for a step."""
    rows: dict[tuple[str, ...], None] = {}
    for step in steps:
        if step.hot:
            for sql, params in cost(step)[1].each:
                rows |= dict.fromkeys((step.name, *scan) for scan in scans(sql, params))
    return Table(name=name, head=HEAD, rows=_once(rows))


def _once(rows: dict[tuple[str, ...], None]) -> list[tuple[str, ...]]:
    """The scan of an index that reads the most, for each step."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in rows:
        before = found.get(row[:3])
        if before is None or int(row[4]) > int(before[4]):
            found[row[:3]] = row
    return list(found.values())


def scans(sql: str, params: Any) -> Iterator[tuple[str, str, str, str]]:
    """Table, node, rows and buffers of each scan; nothing stays of what is written."""
    if sql.split(" ", 1)[0] not in {"SELECT", "UPDATE", "DELETE"} or OURS not in sql:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        (((top,),),) = cursor.fetchall()
        transaction.set_rollback(True)
    for node in nodes(top["Plan"]):
        if node["Node Type"] in NODES:
            table = node.get("Relation Name", "")
            index = node.get("Index Name", "").removeprefix(OURS)
            how = f"{node['Node Type']} using {index}" if index else node["Node Type"]
            rows = node["Actual Rows"] * node["Actual Loops"]
            buffers = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
            if buffers:  # else the table is empty, or was not needed
                yield table.removeprefix(OURS), how, f"{rows:g}", str(buffers)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All of a plan, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)
