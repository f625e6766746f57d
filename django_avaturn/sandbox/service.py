"""The sandbox itself: routing, permission, faults and the record of calls."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from . import api, control, editor, pages, project, storage, uploads
from .clock import Clock
from .faults import Fault, Faults
from .look import Look
from .messages import Call, Request, Response, error
from .plan import FaultPlan
from .routing import Area, Incoming, Route, RouteTable
from .state import Avatar, Session, State
from .switches import Switches
from .uploads import Upload
from .validation import Invalid
from .webhooks import Carrier, Outbox, Send, Webhook

DEFAULT_TOKENS = ("sandbox-token",)
"""What a sandbox accepts unless told otherwise."""

ROUTES = RouteTable(
    (
        *api.ROUTES,
        *uploads.ROUTES,
        *storage.ROUTES,
        *editor.ROUTES,
        *project.ROUTES,
        *pages.ROUTES,
        *control.ROUTES,
    )
)


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


class Sandbox(Switches):
    """A stand-in of the Avaturn service that needs no socket.

    Parameters:
        tokens: project tokens to accept.
        state_file: JSON file that keeps the state over restarts; None keeps it in memory.
        public_url: origin for the links that are handed out; empty takes it from each request.

    Attributes, to be set at any time besides the `Switches`:
        webhook_url: where the webhooks of a served sandbox go, in full; empty for nowhere.
        deliver: takes the JSON of a webhook to the site without a socket and returns the status of
            the answer; `deliver_webhooks` calls it instead of using ``webhook_url``.
        webhook_listener: called with each `Webhook` after it was delivered.
        listener: called with each `Call` after its answer is made.
        fault_plan: a `FaultPlan` that spoils calls at random; None for good days.

    To be read: ``calls`` and ``uploads``, what got here since the last `reset`; photos themselves
    are not kept.
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
        self.outbox = Outbox(self, self._lock)
        self.clock = Clock(self.outbox.notify)
        self.faults = Faults()
        self.fault_plan: FaultPlan | None = None
        self.state = State(state_file)
        self.calls: list[Call] = []
        self.uploads: list[Upload] = []
        self.listener: Callable[[Call], None] | None = None
        self.webhook_listener: Callable[[Webhook], None] | None = None
        self._default_switches()
        self._no_webhooks()

    def _no_webhooks(self) -> None:
        self._webhook_url = ""
        self.deliver: Send | None = None
        self.outbox.made = []

    def reset(self) -> None:
        """Back to the first moment: no records, calls, uploads or faults, default switches."""
        with self._lock:
            self.state.clear()
            self.state.save()
            self.calls.clear()
            self.uploads.clear()
            self.faults.clear()
            self.fault_plan = None
            self._default_switches()
            self._no_webhooks()
            self.clock.reset()

    @property
    def webhook_url(self) -> str:
        """Where webhooks go.

        Raises:
            ValueError: when it is set to something other than an http or https address.
        """
        return self._webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        if url:
            Carrier(url)
        self._webhook_url = url
        self.outbox.notify()

    @property
    def webhooks(self) -> list[Webhook]:
        """Every webhook made so far, with what the site answered."""
        with self._lock:
            return list(self.outbox.made)

    def deliver_webhooks(self, send: Send | None = None) -> list[Webhook]:
        """Deliver what is due by the clock, here and now; returns it with the answers.

        Parameters:
            send: takes the JSON to the site and returns a status; without it ``deliver`` does,
                else the webhooks are posted to ``webhook_url``.

        Raises:
            ValueError: there is no way to the site.
        """
        send = send or self._way_to_site()
        if send is None:
            raise ValueError("Nowhere to deliver to: set webhook_url or deliver, or pass send.")
        made = self.outbox.take()
        self.outbox.deliver(made, send)
        return made

    def _way_to_site(self) -> Send | None:
        return self.deliver or (Carrier(self.webhook_url) if self.webhook_url else None)

    def wait_for_webhooks(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until ``count`` webhooks in all are delivered or lost; False after ``timeout``."""
        return self.outbox.wait_for(count, timeout)

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
            avatar.failed, avatar.doomed = status == "failed", False
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
        drip_bytes: int = 1,
        location: str | None = None,
        truncate: int | None = None,
        cut: int | None = None,
        endless: bool = False,
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
            drip_bytes,
            location,
            truncate,
            cut,
            endless,
        )
        self.faults.add(fault, times)

    def session(self, token: str) -> Session | None:
        """The session behind the token of a link, unless it is over."""
        session = self.state.sessions.get(token) if token else None
        if session is None or self.clock.now() >= session.expires_at:
            return None
        return session

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Never waits, except for the site with `early_webhooks`: delays are told in the response.
        """
        route, params, allowed = ROUTES.find(request.method, request.path)
        if route is None:
            response = _no_route(allowed)
        elif route.area is Area.CONTROL:
            response = self._work(route, request, params)
        else:
            response = self._with_faults(route, partial(self._work, route, request, params))
        self._record(route, request, response)
        return response

    def _with_faults(self, route: Route, work: Callable[[], Response]) -> Response:
        fault, plan = self.faults.take(route), self.fault_plan
        if fault is not None:
            return fault.spoil(work)
        return plan.spoil(route, work) if plan else work()

    def refuses(self, method: str, path: str) -> bool:
        """Whether to reset a new connection, of which this much of the first request is known."""
        return bool(self.fault_plan and self.fault_plan.refuses(ROUTES.find(method, path)[0]))

    def _work(self, route: Route, request: Request, params: dict[str, str]) -> Response:
        refusal = self._refusal(route, request)
        if refusal is not None:
            return refusal
        incoming = Incoming(request, params, self.public_url or request.origin)
        if route.area in {Area.PAGE, Area.FIGURE} or route.fetches:
            # Drawing takes a while and reads one record at most: nobody has to wait for it.
            return route.handler(self, incoming)
        with self._lock:
            try:
                response = route.handler(self, incoming)
            except (Invalid, api.NotFound, editor.LinkOver) as refused:
                return refused.response
            if route.method != "GET" and route.area is not Area.CONTROL:
                self.state.save()
            self.outbox.notify()
            send = self._way_to_site() if self.early_webhooks else None
            early = self.outbox.take() if send else []
        if send and early:
            self.outbox.deliver(early, send)
        if route.method == "DELETE" and route.area is Area.API and response.status == 200:
            return self._deleted(response)
        return response

    def _deleted(self, response: Response) -> Response:
        body = b"" if self.delete_status == 204 else response.body
        return replace(response, status=self.delete_status, content=body)

    def _refusal(self, route: Route, request: Request) -> Response | None:
        if route.area is Area.API and not self._knows(request.bearer):
            status = 401 if request.bearer else self.missing_token_status
            headers = {"WWW-Authenticate": "Bearer"}
            return replace(error(status, "Not authenticated"), headers=headers)
        if route.area in {Area.EDITOR, Area.FIGURE} and self.session(request.bearer) is None:
            return editor.LinkOver.response
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
