"""The sandbox itself: routing, permission, faults and the record of calls."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import api, control, editor, pages, storage
from .clock import Clock
from .faults import Fault, Faults
from .look import Look
from .messages import Call, Request, Response, error
from .routing import Area, Incoming, Route, RouteTable
from .state import Avatar, Session, State
from .validation import Invalid

DEFAULT_TOKENS = ("sandbox-token",)
"""What a sandbox accepts unless told otherwise."""

ROUTES = RouteTable((*api.ROUTES, *storage.ROUTES, *editor.ROUTES, *pages.ROUTES, *control.ROUTES))


@dataclass(frozen=True, slots=True)
class AvatarView:
    """An avatar as it stood when `Sandbox.users` was read."""

    id: str
    status: str
    version: int
    customization: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as it stood when `Sandbox.users` was read; avatars by id, oldest first."""

    id: str
    avatars: Mapping[str, AvatarView]


class Sandbox:
    """A stand-in of the Avaturn service that needs no socket.

    Parameters:
        tokens: project tokens to accept.
        state_file: JSON file that keeps the state over restarts; None keeps it in memory.
        public_url: origin for the links that are handed out; empty takes it from each request.

    Switches, to be set at any time:
        processing_seconds, export_seconds: how long the work takes, by ``clock``.
        export_kind: ``dataURL`` or ``httpURL``, the link kind of the editor's export.
        export_bytes: pad models to at least this size.
        scenario: a misbehaviour for editor sessions made from now on, see `editor.SCENARIOS`.
        slow_seconds: the delay of the scenario ``slow_handshake``.
        missing_token_status: 401, or 403 as older versions of the framework say.
        delete_status: 200, 202 or 204.
        refuse_unopened: answer badly for uploaded avatars that nobody has customised yet.
        listener: called with each `Call` after its answer is made.
    """

    def __init__(
        self,
        *,
        tokens: Collection[str] = DEFAULT_TOKENS,
        state_file: Path | None = None,
        public_url: str = "",
    ) -> None:
        self._tokens = tuple(token.encode() for token in tokens if token)
        self._lock = threading.RLock()
        self.public_url = public_url.rstrip("/")
        self.clock = Clock()
        self.faults = Faults()
        self.state = State(state_file)
        self.calls: list[Call] = []
        self.listener: Callable[[Call], None] | None = None
        self._default_switches()

    def _default_switches(self) -> None:
        self.processing_seconds = 3.0
        self.export_seconds = 0.0
        self.export_kind = "dataURL"
        self.export_bytes = 0
        self.scenario = ""
        self.slow_seconds = 3.0
        self.missing_token_status = 401
        self.delete_status = 200
        self.refuse_unopened = False

    def reset(self) -> None:
        """Back to the first moment: no records, no calls, no faults, default switches."""
        with self._lock:
            self.state.clear()
            self.state.save()
            self.calls.clear()
            self.faults.clear()
            self.clock.reset()
            self._default_switches()

    def count(self, operation_id: str) -> int:
        """How many calls of an operation got here, failed ones included."""
        with self._lock:
            return sum(call.operation == operation_id for call in self.calls)

    @property
    def users(self) -> Mapping[str, UserView]:
        """A snapshot of all users by id."""
        with self._lock:
            return {
                user.id: UserView(
                    user.id, {one.id: self._view(one) for one in user.avatars.values()}
                )
                for user in self.state.users.values()
            }

    def _view(self, avatar: Avatar) -> AvatarView:
        status = avatar.status(self.clock.now())
        return AvatarView(avatar.id, status, avatar.version, avatar.customization)

    def add_user(self) -> str:
        """Make a user without a call; returns its id."""
        with self._lock:
            user = self.state.add_user()
            self.state.save()
            return user.id

    def add_avatar(self, user_id: str, look: Look | None = None) -> str:
        """Give a user a ready avatar without a call; returns its id.

        Raises:
            KeyError: no such user.
        """
        with self._lock:
            user = self.state.users[user_id]
            avatar = self.state.add_avatar(user, self.clock.now(), look or Look())
            self.state.save()
            return avatar.id

    def set_status(self, avatar_id: str, status: str) -> None:
        """Put an avatar into ``pending``, ``processing``, ``ready`` or ``failed``.

        Raises:
            KeyError: no such avatar.
        """
        with self._lock:
            avatar = self.state.avatar(avatar_id)
            if avatar is None:
                raise KeyError(avatar_id)
            now = self.clock.now()
            avatar.failed = status == "failed"
            avatar.uploaded_at = None if status == "pending" else now
            ends = {"processing": now + self.processing_seconds, "ready": now, "failed": now}
            avatar.ready_at = ends.get(status)
            self.state.save()

    def fail_next(
        self,
        operation_id: str = "*",
        *,
        times: int = 1,
        status: int | None = None,
        latency: float = 0.0,
        drop: bool = False,
        body: bytes | str | None = None,
        content_type: str | None = None,
        retry_after: float | str | None = None,
        drip: float | None = None,
        after: bool = False,
    ) -> None:
        """Spoil the next ``times`` calls of an operation; see `Fault` for the rest."""
        fault = Fault(
            operation_id,
            status,
            latency,
            drop,
            body.encode() if isinstance(body, str) else body,
            content_type,
            None if retry_after is None else f"{retry_after}",
            drip,
            after,
        )
        self.faults.add(fault, times)

    def session(self, token: str) -> Session | None:
        """The session behind the token of a link, unless it is over."""
        session = self.state.sessions.get(token) if token else None
        if session is None or self.clock.now() >= session.expires_at:
            return None
        return session

    def handle(self, request: Request) -> Response:
        """Answer one request. Never waits: delays are told in the response."""
        route, params, allowed = ROUTES.find(request.method, request.path)
        if route is None:
            response = _no_route(allowed)
        elif route.area is Area.CONTROL:
            response = self._work(route, request, params)
        else:
            response = self._with_faults(route, request, params)
        self._record(route, request, response)
        return response

    def _with_faults(self, route: Route, request: Request, params: dict[str, str]) -> Response:
        fault = self.faults.take(route)
        if fault is None:
            return self._work(route, request, params)
        if fault.replaces and not fault.after:
            return fault.deliver(fault.answer())
        worked = self._work(route, request, params)
        return fault.deliver(fault.answer() if fault.replaces else worked)

    def _work(self, route: Route, request: Request, params: dict[str, str]) -> Response:
        refusal = self._refusal(route, request)
        if refusal is not None:
            return refusal
        incoming = Incoming(request, params, self.public_url or request.origin)
        if route.area in {Area.PAGE, Area.FIGURE}:
            # Drawing takes a while and needs no record: nobody else has to wait for it.
            return route.handler(self, incoming)
        with self._lock:
            try:
                response = route.handler(self, incoming)
            except (Invalid, api.NotFound) as refused:
                return refused.response
            if route.method != "GET" and route.area is not Area.CONTROL:
                self.state.save()
        if route.method == "DELETE" and route.area is Area.API and response.status == 200:
            return self._deleted(response)
        return response

    def _deleted(self, response: Response) -> Response:
        body = b"" if self.delete_status == 204 else response.body
        return replace(response, status=self.delete_status, body=body)

    def _refusal(self, route: Route, request: Request) -> Response | None:
        if route.area is Area.API and not self._knows(request.bearer):
            status = 401 if request.bearer else self.missing_token_status
            headers = {"WWW-Authenticate": "Bearer"}
            return replace(error(status, "Not authenticated"), headers=headers)
        if route.area in {Area.EDITOR, Area.FIGURE} and self.session(request.bearer) is None:
            return error(401, "This link is not valid any more")
        return None

    def _knows(self, given: str) -> bool:
        token = given.encode("utf-8", "surrogateescape")
        # All are compared, each in constant time, as a habit worth copying.
        return any([secrets.compare_digest(token, known) for known in self._tokens])

    def _record(self, route: Route | None, request: Request, response: Response) -> None:
        if route is not None and route.area is Area.CONTROL:
            return
        operation, template = (route.operation, route.template) if route else ("", "")
        status = 0 if response.drop else response.status
        call = Call(operation, request.method, template, status)
        with self._lock:
            self.calls.append(call)
        if self.listener is not None:
            self.listener(call)


def _no_route(allowed: list[str]) -> Response:
    if not allowed:
        return error(404, "Not Found")
    refusal = error(405, "Method Not Allowed")
    return replace(refusal, headers={"Allow": ", ".join(sorted(set(allowed)))})
