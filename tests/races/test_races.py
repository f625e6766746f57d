"""Every race of the tables, by many schedules, on each database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.databases import AVAILABLE

from .conftest import tried
from .race import (
    ROUNDS,
    SEED,
    Outcome,
    Race,
    Stop,
    free_for_all,
    in_turn,
    interrupted,
    schedules,
)
from .scene import Scene, no_errors
from .tables import RACES

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])


@pytest.fixture
def contest(arena: str, sandbox: Any, settings: Any) -> Callable[..., list[Outcome]]:
    """One round of a race by a schedule, from an empty site to the verdict."""
    settings.AVATURN = {**settings.AVATURN, "ALLOW_GUESTS": True}
    get_user_model().objects.all().delete()

    def contest(race: Race, title: str, schedule: Callable[..., Any], times: int = 1) -> Any:
        tried[arena] += 1
        before = dict(settings.AVATURN)
        sandbox.reset()
        sandbox.at_once = True
        scene = Scene(sandbox, settings)
        try:
            race.prepare(scene)
            works = [partial(work, scene) for work in race.contestants] * times
            sandbox.calls.clear()
            with no_errors():
                scene.outcomes = schedule(arena, works)
                scene.settle()
            scene.check(race.losing)
            race.verdict(scene)
        except Exception as error:
            error.add_note(f"{race.name}, {title}, on {arena}, RACE_SEED={SEED}")
            raise
        finally:
            settings.AVATURN = before
            scene.clear()

    return contest


@pytest.mark.parametrize("race", [pytest.param(race, id=race.name) for race in RACES])
def test_race(race: Race, contest: Callable[..., Any]) -> None:
    stops = [Stop() for _ in race.contestants]
    contest(race, "one after the other", partial(in_turn, stops=stops))
    counts = [stop.count for stop in stops]
    for who, place in (*race.pinned, *schedules(counts, race.name)):
        title = f"contestant {who} stopped before {place!r}"
        contest(race, title, partial(interrupted, who=who, place=place))
    for _ in range(ROUNDS // 4):
        contest(race, "all at once", free_for_all, race.crowd)
