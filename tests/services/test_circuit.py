"""The circuit of a site: when it opens, whom it lets through, what it costs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from django_avaturn import services
from django_avaturn.exceptions import AvaturnError, AvaturnUnavailable
from django_avaturn.services import circuit
from django_avaturn.services.connection import get_circuit
from tests.databases import REDIS_AVAILABLE, REDIS_URL

from .caches import SECRET, TellingCache

LOCAL = "django.core.cache.backends.locmem.LocMemCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
DUMMY = "django.core.cache.backends.dummy.DummyCache"


@pytest.fixture
def use_cache(settings: Any) -> Any:
    """Make this the site's cache; what is in it goes with the test."""

    def use(backend: str) -> None:
        if backend == REDIS and not REDIS_AVAILABLE:
            pytest.skip("Redis does not answer; see tests/databases.py")
        location = REDIS_URL if backend == REDIS else "tests of the circuit"
        settings.CACHES = {
            "default": {"BACKEND": backend, "LOCATION": location, "KEY_PREFIX": "circuit-tests"}
        }
        cache.delete_many(keys())

    yield use
    circuit._complain.cache_clear()
    if settings.CACHES["default"]["BACKEND"] in {LOCAL, REDIS}:
        cache.delete_many(keys())


def keys() -> list[str]:
    own = get_circuit()
    return [own._failures, own._opened, own._probe]


def told(caplog: Any, *events: str) -> list[str]:
    """These events, as often as the log tells of them."""
    names = [getattr(record, "event", "") for record in caplog.records]
    return [name for name in names if name in events]


on_real_caches = pytest.mark.parametrize("backend", [LOCAL, REDIS])


def ask(times: int = 1) -> list[AvaturnError]:
    """Make a call that many times; the errors."""
    errors = []
    for _ in range(times):
        try:
            services.get_client().create_user()
        except AvaturnError as error:
            errors.append(error)
    return errors


def pause_is_over() -> None:
    cache.delete(get_circuit()._probe)


@pytest.fixture
def opened(sandbox: Any) -> None:
    """Have it opened by failures of a service that stays down."""

    def go() -> None:
        sandbox.fail_next(status=503, times=999)
        ask(circuit.THRESHOLD)
        sandbox.calls.clear()

    return go


@on_real_caches
def test_outage_fails_fast_and_ends_by_itself(backend, use_cache, sandbox, opened, caplog):
    use_cache(backend)
    opened()
    (tried, *refused) = ask(20)
    assert sandbox.count("createUser") == 1
    assert (tried.asked, tried.status, tried.retry_after) == (True, 503, circuit.PAUSE)
    assert {type(error) for error in refused} == {AvaturnUnavailable}
    assert {(error.asked, error.retry_after) for error in refused} == {(False, circuit.PAUSE)}
    assert "POST /api/v1/users/new: " in str(refused[0])
    sandbox.faults.clear()
    assert len(ask(3)) == 3  # nobody knows yet
    pause_is_over()
    assert ask(20) == []
    assert sandbox.count("createUser") == 21
    assert told(caplog, "avaturn_down", "avaturn_back") == ["avaturn_down", "avaturn_back"]


@on_real_caches
def test_eight_threads_one_probe(backend, use_cache, sandbox, opened):
    """Their calls come at once, and the one that goes out hangs as long as the others last."""
    use_cache(backend)
    opened()
    sandbox.faults.clear()
    sandbox.fail_next(status=503, latency=0.3, times=99)
    barrier = threading.Barrier(8)

    def visit(_: int) -> AvaturnError:
        barrier.wait(10)
        (error,) = ask()
        return error

    with ThreadPoolExecutor(8) as threads:
        errors = list(threads.map(visit, range(8)))
    assert sandbox.count("createUser") == 1
    assert sorted(error.asked for error in errors) == [False] * 7 + [True]


ENDS: dict[str, tuple[dict[str, Any], bool]] = {
    "500": ({"status": 500}, True),
    "502": ({"status": 502}, True),
    "dropped": ({"drop": True}, True),
    "late": ({"latency": 3.0}, True),
    "nonsense": ({"body": "[]"}, True),
    "401": ({"status": 401}, False),
    "404": ({"status": 404}, False),
    "409": ({"status": 409}, False),
    "422": ({"status": 422}, False),
    "429": ({"status": 429}, False),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_counts_as_a_failure(end, sandbox, configure):
    configure(TIMEOUT=0.2)
    fault, counts = ENDS[end]
    sandbox.fail_next(times=99, **fault)
    assert len(ask(circuit.THRESHOLD)) == circuit.THRESHOLD
    assert (get_circuit().down_for() is not None) is counts


@pytest.mark.parametrize("alive", [{}, {"status": 404}, {"status": 429}])
def test_only_failures_in_a_row_open_it(alive, sandbox):
    for _ in range(3):
        sandbox.fail_next(status=500, times=circuit.THRESHOLD - 1)
        ask(circuit.THRESHOLD - 1)
        if alive:
            sandbox.fail_next(**alive)
        ask()
        sandbox.faults.clear()
    assert get_circuit().down_for() is None
    assert sandbox.count("createUser") == 3 * circuit.THRESHOLD


def test_refused_connections_open_it(sandbox, configure):
    configure(API_URL="http://127.0.0.1:9")
    errors = ask(circuit.THRESHOLD)
    assert [error.asked for error in errors] == [False] * circuit.THRESHOLD
    assert [error.retry_after for error in errors] == [None] * 4 + [circuit.PAUSE]
    assert get_circuit().down_for() is not None


def test_another_address_has_a_circuit_of_its_own(sandbox, settings, configure):
    up = settings.AVATURN["API_URL"]
    configure(API_URL="http://127.0.0.1:9")
    ask(circuit.THRESHOLD)
    configure(API_URL=up)
    assert ask(2) == []


def test_how_long_it_has_been_open(sandbox, opened, monkeypatch):
    assert get_circuit().down_for() is None
    opened()
    now = circuit.time.time()
    monkeypatch.setattr(circuit.time, "time", lambda: now + 600)
    ask()
    assert 599 < get_circuit().down_for() < 610


def test_failures_long_ago_are_forgotten(sandbox, opened, monkeypatch):
    opened()
    now = circuit.time.time()
    monkeypatch.setattr(circuit.time, "time", lambda: now + circuit.MEMORY + 1)
    assert get_circuit().down_for() is None
    assert [error.retry_after for error in ask()] == [None]


def test_commands_insist(sandbox, opened):
    opened()
    ask()  # the one that may
    with circuit.insisting():
        assert [error.asked for error in ask(3)] == [True] * 3
    assert [error.asked for error in ask(3)] == [False] * 3
    assert sandbox.count("createUser") == 4


COSTS = {"steady": (0, ["get"]), "after a failure": (1, ["get", "delete_many"])}


@pytest.mark.parametrize("case", COSTS)
@pytest.mark.django_db
def test_one_read_for_a_call(case, use_cache, sandbox, django_assert_num_queries):
    use_cache("tests.services.caches.TellingCache")
    failures, costs = COSTS[case]
    sandbox.fail_next(status=503, times=9)
    ask(failures)
    sandbox.faults.clear()
    TellingCache.done.clear()
    with django_assert_num_queries(0):
        assert ask() == []
    assert TellingCache.done[: len(costs)] == costs
    assert not {"add", "set", "incr", "touch"} & set(TellingCache.done)
    assert len(TellingCache.done) == 1 or case != "steady"


BROKEN = {
    DUMMY: [],
    "tests.services.caches.BrokenCache": ["ConnectionError"],
    "tests.services.caches.ReadOnlyCache": ["TimeoutError"],
}


@pytest.mark.parametrize("backend", BROKEN)
def test_cache_that_keeps_nothing_or_is_down(backend, use_cache, settings, sandbox, caplog):
    """The site goes on as without a circuit, and says so once."""
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": ""}}
    circuit._complain.cache_clear()
    sandbox.fail_next(status=503, times=20)
    assert [error.asked for error in ask(20)] == [True] * 20
    assert get_circuit().down_for() is None
    assert ask(3) == []
    assert sandbox.count("createUser") == 23
    complaints = [one for one in caplog.records if getattr(one, "event", "") == "cache_down"]
    assert [one.reason for one in complaints] == list(BROKEN[backend])
    assert SECRET not in caplog.text


@pytest.mark.parametrize("value", [None, "many", [9], {}])
def test_nonsense_in_the_cache(value, sandbox):
    cache.set(get_circuit()._failures, value)
    assert ask(2) == []
    assert get_circuit().down_for() is None
