"""Looking into the sandbox, and its switches, over HTTP."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from . import switches
from . import validation as check
from .editor import SCENARIOS
from .faults import Fault
from .messages import Response, error, reply
from .plan import FaultPlan, Kind
from .routing import Area, Incoming, Route

if TYPE_CHECKING:
    from .service import Sandbox


def _status(value: object, loc: check.Loc) -> list[check.Problem]:
    if isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599:
        return []
    return [check.problem("int_type", loc, "Input should be a status from 200 to 599", value)]


def _chance(value: object, loc: check.Loc) -> list[check.Problem]:
    wrong = check.not_negative(value, loc)
    if wrong or (isinstance(value, int | float) and value <= 1):
        return wrong
    return [check.problem("less_than_equal", loc, "Input should be from 0 to 1", value)]


def _kinds(value: object, loc: check.Loc) -> list[check.Problem]:
    if isinstance(value, list) and value and set(map(str, value)) <= set(Kind):
        return []
    return [check.problem("list_type", loc, f"Input should list some of: {', '.join(Kind)}", value)]


FAULT = check.record(
    {
        "operation": check.text,
        "times": check.not_negative,
        "standing": check.flag,
        "status": check.nullable(_status),
        "latency": check.not_negative,
        "drop": check.flag,
        "body": check.nullable(check.text),
        "content_type": check.nullable(check.text),
        "retry_after": check.nullable(check.text),
        "drip": check.nullable(check.not_negative),
        "after": check.flag,
        "drip_bytes": check.whole_number,
        "location": check.nullable(check.text),
        "truncate": check.nullable(check.whole_number),
        "cut": check.nullable(check.whole_number),
        "endless": check.flag,
        "reset": check.flag,
    }
)
PLAN = check.record(
    {
        "seed": check.whole_number,
        "rate": _chance,
        "kinds": _kinds,
        "hang_seconds": check.not_negative,
        "slow_seconds": check.not_negative,
        "retry_after": check.whole_number,
    }
)
SWITCHES = check.record(switches.REMOTE)
SCENARIO = check.record({"scenario": check.text}, frozenset({"scenario"}))


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    """Users, avatars, webhooks, switches and call counts; no token, no link."""
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
        "webhooks": [
            {
                "event": one.event,
                "avatar_id": one.payload["avatar_id"],
                "status": one.payload.get("status"),
                "lost": one.lost,
                "answers": one.answers,
            }
            for one in sandbox.webhooks
        ],
        "switches": switches.read(sandbox),
    }


def show_state(sandbox: Sandbox, incoming: Incoming) -> Response:
    """What the sandbox holds."""
    return reply(snapshot(sandbox))


def add_fault(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Spoil the next calls, or all until cleared when ``standing`` is true."""
    body = check.json_body(incoming.request, FAULT)
    times, standing = int(body.get("times", 1)), body.get("standing", False)
    known = {one.name for one in fields(Fault)} - {"body"}
    given = {name: value for name, value in body.items() if name in known}
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


def show_plan(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The present plan and what it did; null where there is none."""
    plan = sandbox.fault_plan
    if plan is None:
        return reply(None)
    shown = {name: getattr(plan, name) for name in plan.options}
    log = [
        {"operation": one.operation, "number": one.number, "kind": one.kind, "done": one.done}
        for one in plan.log
    ]
    return reply({**shown, "log": log})


def set_plan(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Spoil calls at random from now on, see `FaultPlan`; answers with the plan."""
    sandbox.fault_plan = FaultPlan(**check.json_body(incoming.request, PLAN))
    return show_plan(sandbox, incoming)


def end_plan(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Spoil no more calls at random."""
    sandbox.fault_plan = None
    return reply(None)


def set_switches(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Set some switches, see `Switches`; answers with all of them."""
    body = check.json_body(incoming.request, SWITCHES)
    unknown = sorted(set(body) - set(switches.REMOTE))
    if unknown:
        return error(422, f"Unknown: {', '.join(unknown)}; there are: {', '.join(switches.REMOTE)}")
    for name, value in body.items():
        setattr(sandbox, name, value)
    return reply(switches.read(sandbox))


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
    Route("GET", "/_sandbox/plan", "sandboxPlan", show_plan, Area.CONTROL),
    Route("POST", "/_sandbox/plan", "sandboxSetPlan", set_plan, Area.CONTROL),
    Route("DELETE", "/_sandbox/plan", "sandboxEndPlan", end_plan, Area.CONTROL),
    Route("POST", "/_sandbox/switches", "sandboxSwitches", set_switches, Area.CONTROL),
    Route("POST", "/_sandbox/scenario", "sandboxScenario", set_scenario, Area.CONTROL),
)
