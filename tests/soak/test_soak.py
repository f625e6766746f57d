"""A bad day with everything at once; in the evening site and Avaturn agree to the last byte.

``SOAK_SEED`` has another day, or the same one again as far as threads allow; ``SOAK_OPERATIONS``
makes it longer. What happened is printed.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from django.db import connections

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.sandbox import FaultPlan
from django_avaturn.sandbox.routing import Area
from django_avaturn.sandbox.service import ROUTES
from tests.databases import AVAILABLE
from tests.workers.conftest import HANDED_OVER

from .agreement import disagreements, lost_users
from .evening import settle
from .nursery import Nursery
from .operations import SECRET, draw, faces, portraits_in_advance
from .people import Person, World

SEED = os.environ.get("SOAK_SEED", "20")
USUAL = 2000
OPERATIONS = int(os.environ.get("SOAK_OPERATIONS", USUAL))
DAYS = {"postgres": OPERATIONS, "default": OPERATIONS // 10, "mysql": OPERATIONS // 10}
"""How many operations there are on which database."""
PEOPLE, THREADS, NURSERIES = 50, 8, 2
RATE = 0.2
CALLS = 4
"""So many calls an operation costs on average at the most, with the work that follows from it."""

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture
def world(sandbox, sandbox_server, configure):
    """A site with everything switched on, and a bad day at Avaturn."""
    configure(
        ALLOW_GUESTS=True,
        MAX_RETRIES=1,
        SESSION_THROTTLE=None,
        TIMEOUT=1,
        WEBHOOK_SECRETS=[SECRET],
    )
    sandbox.export_kind = "httpURL"
    sandbox.processing_seconds = 1.0
    sandbox.fault_plan = FaultPlan(int(SEED), RATE, hang_seconds=1.5, slow_seconds=0.4)
    portraits_in_advance()
    logging.disable()  # a thousand warnings
    yield World(sandbox, urlsplit(sandbox_server.url).netloc, faces(range(PEOPLE)))
    logging.disable(logging.NOTSET)


@pytest.fixture
def nurseries(any_database, world, settings):
    """Other processes that work for the site, and are killed."""
    site = {key: getattr(settings, key) for key in HANDED_OVER} | {
        "DATABASES": {"default": connections[any_database].settings_dict},
        "DATABASE_ROUTERS": [],
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "FILE_UPLOAD_TEMP_DIR": str(settings.FILE_UPLOAD_TEMP_DIR),
    }
    return [Nursery(site, f"{SEED} {number}") for number in range(NURSERIES)]


def spend_a_day(world, operations):
    """Everybody does this and that; returns the errors that nobody expected."""
    people = [Person(number, world) for number in range(PEOPLE)]
    for person in people[PEOPLE // 5 :]:
        person.sign_up()
    numbers, errors = itertools.count(), []

    def go_on(_):
        try:
            while (number := next(numbers)) < operations:
                operation, person, dice = draw(SEED, number, people)
                try:
                    operation(person, dice)
                except Exception:
                    errors.append(f"{number} {operation.__name__}: {traceback.format_exc()}")
                with world.lock:
                    world.done[operation.__name__] += 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(go_on, range(THREADS)))
    return errors


def recover(sandbox):
    """All is well at Avaturn, and what it had to do it has done."""
    sandbox.fault_plan = None
    sandbox.fail_avatars = sandbox.fail_exports = sandbox.fail_renders = 0
    sandbox.lose_webhooks, sandbox.webhook_copies, sandbox.webhook_order = 0, 1, ""
    sandbox.clock.advance(3600)


def count_calls(sandbox):
    """By operation id; those of the editor's page are no affair of the site."""
    ours = {route.operation for route in ROUTES.routes if route.area in {Area.API, Area.FILES}}
    return Counter(call.operation for call in sandbox.calls if call.operation in ours)


@pytest.mark.parametrize("any_database", DAYS, indirect=True)
def test_soak(any_database, world, nurseries, tmp_path):
    operations, start, plan = DAYS[any_database], time.monotonic(), world.sandbox.fault_plan
    world.plan = plan
    with ExitStack() as stack:
        for nursery in nurseries:
            stack.enter_context(nursery)
        errors = spend_a_day(world, operations)
    evening = time.monotonic()
    calls = count_calls(world.sandbox)
    claims = sum(model.objects.exclude(claimed_until=None).count() for model in jobs.HANDLERS)

    recover(world.sandbox)
    for avatar in Avatar.objects.filter(pk__in=world.unsaid):
        services.request_files(avatar)  # the page has asked its owner to try again
    settle(world.sandbox)
    failed = Counter(
        row.error for model in jobs.HANDLERS for row in model.objects.filter(state="failed")
    )
    settle(world.sandbox, "--retry-failed")

    workers = sum((Counter(nursery.report) for nursery in nurseries), Counter())
    answers = Counter(status for _, status in world.answers.elements())
    print(f"SOAK_SEED={SEED} SOAK_OPERATIONS={operations} on {any_database}")
    print(f"{evening - start:.0f} s, and {time.monotonic() - evening:.0f} s to settle")
    print("operations:", dict(world.done))
    print("answers:", dict(answers))
    print("spoilt:", dict(Counter(one.kind.value for one in plan.log)))
    print("calls:", dict(calls), "in all", calls.total())
    print("workers:", dict(workers), "and claims of the dead:", claims)
    print("avatars:", Avatar.objects.count(), "profiles:", AvaturnProfile.objects.count())
    print("remote users that nobody knows of:", len(lost_users(world)))
    print("failed until asked for again:", dict(failed))

    assert "\n".join(errors) == ""
    assert world.wrong == []
    assert list(disagreements(world, tmp_path)) == []
    assert workers["killed"] > NURSERIES
    assert workers["unwell"] == 0
    check_calls(calls, world.done)


def check_calls(calls, done):
    """Nothing is asked for more often than it can be explained."""
    sessions = sum(
        done[name] for name in ("open_session", "start_over", "make_in_editor", "edit_in_editor")
    )
    assert calls["createSession"] <= sessions
    assert calls["createUser"] <= sessions + done["start_over"] + done["send_photos"]
    assert calls["createAvatar"] <= done["send_photos"]
    assert calls["uploadPhotos"] <= calls["createAvatar"]
    assert calls["getCustomization"] <= 2 * done["customize"]  # each is repeated once
    assert calls.total() <= CALLS * done.total()
