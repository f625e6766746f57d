"""Looking into the sandbox, and its switches, over HTTP."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from . import validation as check
from .editor import SCENARIOS
from .faults import Fault
from .messages import Response, error, reply
from .routing import Area, Incoming, Route

if TYPE_CHECKING:
    from .service import Sandbox


def _positive(value: object, loc: check.Loc) -> list[check.Problem]:
    wrong = check.number(value, loc)
    if wrong or (isinstance(value, int | float) and value >= 0):
        return wrong
    return [check.problem("greater_than_equal", loc, "Input should not be negative", value)]


def _flag(value: object, loc: check.Loc) -> list[check.Problem]:
    if isinstance(value, bool):
        return []
    return [check.problem("bool_type", loc, "Input should be a valid boolean", value)]


def _status(value: object, loc: check.Loc) -> list[check.Problem]:
    if isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599:
        return []
    return [check.problem("int_type", loc, "Input should be a status from 200 to 599", value)]


FAULT = check.record(
    {
        "operation": check.text,
        "times": _positive,
        "standing": _flag,
        "status": check.nullable(_status),
        "latency": _positive,
        "drop": _flag,
        "body": check.nullable(check.text),
        "content_type": check.nullable(check.text),
        "retry_after": check.nullable(check.text),
        "drip": check.nullable(_positive),
        "after": _flag,
    }
)
SCENARIO = check.record({"scenario": check.text}, frozenset({"scenario"}))


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    """Users, avatars and call counts; no token, no link."""
    return {
        "users": [
            {
                "id": user.id,
                "avatars": [
                    {"id": one.id, "status": one.status, "version": one.version}
                    for one in user.avatars.values()
                ],
            }
            for user in sandbox.users.values()
        ],
        "calls": dict(Counter(call.operation for call in sandbox.calls if call.operation)),
        "scenario": sandbox.scenario,
        "export_kind": sandbox.export_kind,
    }


def show_state(sandbox: Sandbox, incoming: Incoming) -> Response:
    """What the sandbox holds."""
    return reply(snapshot(sandbox))


def add_fault(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Spoil the next calls, or all until cleared when ``standing`` is true."""
    body = check.json_body(incoming.request, FAULT)
    times, standing = int(body.get("times", 1)), body.get("standing", False)
    names = ("status", "latency", "drop", "content_type", "retry_after", "drip", "after")
    given = {name: body[name] for name in ("operation", *names) if name in body}
    if body.get("body") is not None:
        given["body"] = body["body"].encode()
    fault = Fault(**given)
    if standing:
        sandbox.faults.standing(fault)
    else:
        sandbox.faults.add(fault, times)
    return reply(None)


def clear_faults(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Let everything work again."""
    sandbox.faults.clear()
    return reply(None)


def set_scenario(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Choose how editor sessions made from now on misbehave; empty for not at all."""
    scenario = check.json_body(incoming.request, SCENARIO)["scenario"]
    if scenario and scenario not in SCENARIOS:
        return error(422, f"Unknown scenario; there are: {', '.join(SCENARIOS)}")
    sandbox.scenario = scenario
    return reply(None)


ROUTES = (
    Route("GET", "/_sandbox/state", "sandboxState", show_state, Area.CONTROL),
    Route("POST", "/_sandbox/faults", "sandboxFault", add_fault, Area.CONTROL),
    Route("DELETE", "/_sandbox/faults", "sandboxClearFaults", clear_faults, Area.CONTROL),
    Route("POST", "/_sandbox/scenario", "sandboxScenario", set_scenario, Area.CONTROL),
)
