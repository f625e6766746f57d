"""What a site does all day, as steps that can be timed one by one."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.db.backends.signals import connection_created
from django.template import engines
from django.test import Client

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvaturnProfile, RemoteDeletion

from . import crowds

SECRET = "a-secret-of-the-bench"
PORTRAIT = "{% load avaturn %}{% avaturn_portrait user %}"
ADMIN = "/admin/django_avaturn/"
PER_PAGE = 50
PAGES = {"list", "gallery"}
"""Steps that show a page of avatars."""
VISITORS = 20
"""Owners who take turns, from all over the tables."""


@dataclass(slots=True)
class Statements:
    """What was asked of the database: how long it took, and each statement with its parameters."""

    seconds: float = 0
    each: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.each.append((sql, params))
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


@contextmanager
def statements() -> Iterator[Statements]:
    """Those of this thread's connection and of all that are opened meanwhile."""
    found = Statements()

    def opened(connection: Any, **kwargs: Any) -> None:
        if found not in connection.execute_wrappers:
            connection.execute_wrappers.append(found)

    connection_created.connect(opened)
    try:
        with connections["default"].execute_wrapper(found):
            yield found
    finally:
        connection_created.disconnect(opened)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to time. ``prepare`` comes before each time; a ``hot`` one must stay flat."""

    name: str
    run: Callable[[], object]
    hot: bool = True
    prepare: Callable[[], object] = lambda: None


def cost(step: Step) -> tuple[float, Statements]:
    """Seconds that it takes once, and what it asks of the database."""
    cache.clear()  # each owner may open a limited number of sessions
    step.prepare()
    with statements() as found:
        began = time.perf_counter()
        step.run()
        return time.perf_counter() - began, found


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with a browser that is logged in."""

    browser: Client
    user: Any
    profile: AvaturnProfile

    @classmethod
    def of(cls, profile: AvaturnProfile) -> Owner:
        """The one that a profile is of."""
        browser = Client()
        browser.force_login(profile.user)  # type: ignore[arg-type]
        return cls(browser, profile.user, profile)

    def session(self) -> None:
        """Opens the editor."""
        _answer(self.browser.post("/avatar/sessions/", {}, "application/json"), 201)

    def list(self) -> None:
        """The avatars, for a page's script."""
        _answer(self.browser.get("/avatar/avatars/"))

    def gallery(self) -> None:
        """The avatars, as a page."""
        _answer(self.browser.get("/avatar/"))

    def portrait(self) -> None:
        """The tag, in somebody else's page."""
        user = get_user_model()._default_manager.get(pk=self.user.pk)
        engines["django"].from_string(PORTRAIT).render({"user": user})

    def webhook(self) -> None:
        """Avaturn says that an avatar is ready."""
        event = {"event": "avatar.ready", "user_id": self.profile.avaturn_id, "n": uuid4().hex}
        _answer(Client().post(f"/avatar/webhooks/{SECRET}/", event, "application/json"))

    def sync(self) -> None:
        """Asks Avaturn for the list."""
        services.sync_profile(AvaturnProfile.objects.get(pk=self.profile.pk))

    def activate(self) -> None:
        """Shows the avatar that was made last."""
        body = {"active": True}
        _answer(self.browser.patch(self._newest, body, "application/json"))

    def delete(self) -> None:
        """Deletes it, here and at Avaturn."""
        _answer(self.browser.delete(self._newest), 204)

    def restore(self) -> None:
        """Has all avatars again that Avaturn lists."""
        crowds.complete(self.profile)

    @property
    def _newest(self) -> str:
        pk: UUID = crowds.ids_of(self.profile)[-1]
        return f"/avatar/avatars/{pk}/"


def of_a_site(size: int) -> list[Step]:
    """Steps in a database with so many owners, which is in use already."""
    everybody = AvaturnProfile.objects.filter(pk__gt=crowds.FIRST)
    chosen = [crowds.FIRST + 1 + number * size // VISITORS for number in range(VISITORS)]
    owners = [Owner.of(one) for one in everybody.filter(pk__in=chosen).select_related("user")]
    staff = Client()
    staff.force_login(get_user_model().objects.create_superuser("boss"))
    someone = owners[VISITORS // 2]
    avatar, name = someone.profile.active_avatar_id, someone.user.get_username()
    last = f"?p={size // PER_PAGE}"

    def turn(action: Callable[[Owner], None]) -> Callable[[], None]:
        return lambda: action(random.choice(owners))

    def page(address: str) -> Callable[[], None]:
        return lambda: _answer(staff.get(ADMIN + address))

    return [
        Step("session", turn(Owner.session)),
        Step("list", turn(Owner.list)),
        Step("gallery", turn(Owner.gallery)),
        Step("portrait tag", turn(Owner.portrait)),
        Step("webhook", turn(Owner.webhook), prepare=lambda: _in_step(owners)),
        Step("process, 10 due", _command("avaturn_process"), prepare=lambda: crowds.due(10)),
        Step("status", _command("avaturn_status")),
        Step("sync --limit 10", _command("avaturn_sync", limit=10), prepare=lambda: _oldest(size)),
        Step("admin, files: last page", page(f"avatarfile/?p={2 * size // PER_PAGE}"), hot=False),
        Step("admin, avatars: first page", page("avatar/"), hot=False),
        Step("admin, avatars: last page", page(f"avatar/{last}"), hot=False),
        Step("admin, avatars: search by name", page(f"avatar/?q={name}"), hot=False),
        Step("admin, avatars: search by id", page(f"avatar/?q={avatar}"), hot=False),
        Step("admin, profiles: first page", page("avaturnprofile/"), hot=False),
        Step("admin, profiles: last page", page(f"avaturnprofile/{last}"), hot=False),
        Step("admin, profiles: search by name", page(f"avaturnprofile/?q={name}"), hot=False),
        Step("admin, profiles: search by id", page(f"avaturnprofile/?q={avatar}"), hot=False),
    ]


def of_a_collector(number: int) -> list[Step]:
    """Steps of an owner with so many avatars, in the database that is in use."""
    user = get_user_model().objects.create_user(f"collector-{number}")
    owner = Owner.of(crowds.collector(user, number))
    found = [
        Step("list", owner.list),
        Step("gallery", owner.gallery),
        Step("session", owner.session),
        Step("portrait tag", owner.portrait),
        Step("sync", owner.sync, hot=False),
        Step("activate", owner.activate),
        Step("delete", owner.delete),
    ]
    return [replace(step, prepare=owner.restore) for step in found]


class Enough(Exception):
    """As many rows as wanted have been tried."""


def some_due(number: int) -> list[Step]:
    """Steps where work is due: so many rows of it are done."""

    def claim() -> None:
        done: list[RemoteDeletion] = []

        def count(row: RemoteDeletion) -> None:
            done.append(row)
            if len(done) == number:
                raise Enough

        with suppress(Enough):
            jobs.run_due(RemoteDeletion, on_result=count)
        if [row.state for row in done] != ["ready"] * number:
            raise RuntimeError("Not all of the rows were done.")

    def again() -> None:
        done = RemoteDeletion.objects.filter(state="ready")
        done.update(state="pending", attempts=0, done_at=None)

    return [Step("claims", claim, prepare=again), Step("status", jobs.report, hot=False)]


def _command(name: str, **options: Any) -> Callable[[], None]:
    def run() -> None:
        with suppress(SystemExit):  # of avaturn_status, where something needs attention
            call_command(name, **options, stdout=io.StringIO())

    return run


def _oldest(size: int) -> None:
    """Ten owners are those who were synced the longest ago, and Avaturn lists what they have."""
    ten = AvaturnProfile.objects.filter(pk__gt=crowds.FIRST + size - 10)
    _in_step([Owner(Client(), None, profile) for profile in ten])
    ten.update(synced_at="2001-01-01T00:00Z")


def _in_step(owners: list[Owner]) -> None:
    """Avaturn's list is what the site has: nothing comes of asking for it."""
    for owner in owners:
        if not Avatar.objects.filter(pk=crowds.ids_of(owner.profile)[0]).exists():
            services.sync_profile(owner.profile)


def _answer(response: Any, status: int = 200) -> None:
    if response.status_code != status:
        raise RuntimeError(f"{response.request['PATH_INFO']} answered {response.status_code}.")
