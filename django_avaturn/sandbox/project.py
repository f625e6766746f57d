"""The page of a project on the free plan: no API, no session link, people sign in for themselves.

The page is `/iframe`. It opens `/iframe/sign-in` in a window of its own, which asks for a token
and hands it to the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import validation as check
from .api import start_session
from .messages import Response, reply
from .pages import framed_page, page
from .routing import Area, Incoming, Route

if TYPE_CHECKING:
    from .service import Sandbox

KIND = "project"
"""Kind of the sessions that begin with a sign-in."""

NAME_LENGTH = 60


def _account_name(value: object, loc: check.Loc) -> list[check.Problem]:
    wrong = check.text(value, loc)
    if wrong or 0 < len(str(value).strip()) <= NAME_LENGTH:
        return wrong
    message = f"String should have 1 to {NAME_LENGTH} characters"
    return [check.problem("string_length", loc, message, value)]


SIGN_IN = check.record({"name": _account_name}, frozenset({"name"}))


def project_page(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The editor without a session; it signs in first."""
    return framed_page("editor.html", sandbox.scenario)


def sign_in_page(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The small window.

    It sends no ``Cross-Origin-Opener-Policy``: that would take its opener away.
    """
    return page("sign-in.html")


def show_settings(sandbox: Sandbox, incoming: Incoming) -> Response:
    """What the page needs to know before anybody has signed in."""
    return reply({"scenario": sandbox.scenario, "slowSeconds": sandbox.slow_seconds})


def sign_in(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Begin a session of an account; the same name is always the same account."""
    name = check.json_body(incoming.request, SIGN_IN)["name"].strip()
    token, _ = start_session(sandbox, sandbox.state.account(name), KIND)
    return reply({"token": token})


ROUTES = (
    Route("GET", "/iframe", "projectPage", project_page, Area.PAGE),
    Route("GET", "/iframe/sign-in", "projectSignInPage", sign_in_page, Area.PAGE),
    Route("GET", "/iframe/settings", "projectSettings", show_settings, Area.PAGE),
    Route("POST", "/iframe/accounts", "projectSignIn", sign_in, Area.PROJECT),
)
