"""Avaturn asks for patience, or is down."""

from __future__ import annotations

import time

import pytest

from django_avaturn.exceptions import AvaturnThrottled, AvaturnUnauthorized, AvaturnUnavailable
from django_avaturn.sandbox.faults import Fault
from django_avaturn.services import circuit, sync_all, syncing
from django_avaturn.services.pace import TRIES

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "listUserAvatars"


def test_all_threads_wait_and_the_user_is_asked_for_again(members, sandbox):
    members(12)
    times = []
    sandbox.listener = lambda call: times.append((time.monotonic(), call.status))
    sandbox.fail_next(LIST, retry_after=1)
    outcomes = list(sync_all(jobs=3))
    sandbox.listener = None
    assert [outcome.error for outcome in outcomes] == [None] * 12
    assert sandbox.count(LIST) == 13
    told = next(when for when, status in times if status == 429)
    # Two others were on their way by then, and may have begun.
    assert sum(told + 0.3 < when < told + 0.95 for when, _ in times) == 0
    assert sum(when <= told + 0.3 for when, _ in times) < 8


@pytest.mark.parametrize(("retry_after", "calls"), [("0", TRIES), ("86400", 1)])
def test_patience_has_an_end(members, sandbox, retry_after, calls):
    members(5)
    sandbox.faults.standing(Fault(LIST, retry_after=retry_after))
    told = []
    with pytest.raises(AvaturnThrottled):
        told += sync_all(jobs=1)
    assert sandbox.count(LIST) == calls


def test_a_service_that_is_known_to_be_down_is_waited_for(members, sandbox, monkeypatch):
    """The first failures open the circuit; those after that are asked for again."""
    monkeypatch.setattr(circuit, "PAUSE", 0.2)
    members(circuit.THRESHOLD + 3)
    sandbox.fail_next(LIST, status=500, times=circuit.THRESHOLD + 1)
    outcomes = list(sync_all(jobs=1))
    assert [outcome.error is None for outcome in outcomes] == [False] * 4 + [True] * 4


def test_but_not_for_ever(members, sandbox, monkeypatch):
    monkeypatch.setattr(circuit, "PAUSE", 0.05)
    members(40)
    sandbox.faults.standing(Fault(LIST, status=500))
    outcomes = []
    with pytest.raises(AvaturnUnavailable):
        for outcome in sync_all(jobs=4):
            outcomes.append(outcome)
    assert circuit.THRESHOLD <= len(outcomes) < circuit.THRESHOLD + 4
    assert all(outcome.error for outcome in outcomes)
    assert sandbox.count(LIST) <= circuit.THRESHOLD + 4 * TRIES


def test_it_ends_early_without_a_circuit_too(members, sandbox, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    members(40)
    sandbox.faults.standing(Fault(LIST, status=500))
    outcomes = []
    with pytest.raises(AvaturnUnavailable):
        for outcome in sync_all(jobs=4):
            outcomes.append(outcome)
    assert syncing.PATIENCE <= len(outcomes) < 25
    assert all(outcome.error for outcome in outcomes)
    assert sandbox.count(LIST) == len(outcomes)


def test_failures_that_are_not_in_a_row_do_not_end_it(members, sandbox):
    members(30)
    for _ in range(syncing.PATIENCE + 2):
        sandbox.fail_next(LIST, status=500)
        sandbox.fail_next(LIST, status=422)
    outcomes = list(sync_all(jobs=1))
    assert len(outcomes) == 30
    assert sum(outcome.error is not None for outcome in outcomes) == 2 * (syncing.PATIENCE + 2)


def test_a_wrong_token_ends_it_at_once(members, sandbox, configure):
    members(20)
    configure(API_TOKEN="no-such-token")
    with pytest.raises(AvaturnUnauthorized):
        list(sync_all(jobs=2))
    assert sandbox.count(LIST) < 8
