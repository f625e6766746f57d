"""Several processes and one circuit, in Redis."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from django_avaturn import services
from django_avaturn.exceptions import AvaturnUnavailable
from django_avaturn.services.circuit import THRESHOLD
from django_avaturn.services.connection import get_circuit
from tests.databases import REDIS_AVAILABLE, REDIS_URL

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("any_database", ["default"], indirect=True),
]

PREFIX = "avaturn-tests-shared-circuit"

ASK = """
from django_avaturn import services
from django_avaturn.exceptions import AvaturnUnavailable
asked = 0
for _ in range({times}):
    try:
        services.get_client().create_user()
        asked += 1
    except AvaturnUnavailable as error:
        asked += error.asked
assert asked == {asked}, asked
"""


@pytest.fixture
def in_redis(settings):
    """The site's cache; what these tests write there goes with them."""
    if not REDIS_AVAILABLE:
        pytest.skip("Redis does not answer; see tests/databases.py")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": PREFIX,
        }
    }
    yield {"CACHES": settings.CACHES}
    own = get_circuit()
    cache.delete_many([own._failures, own._opened, own._probe])


@pytest.fixture
def elsewhere(in_redis, start):
    """Make calls in another process, and see how many of them reach Avaturn."""

    def ask(times, asked):
        code = ASK.format(times=times, asked=asked)
        start("shell", "-v0", "-c", code, site=in_redis).finish()

    return ask


def ask():
    return services.get_client().create_user()


def test_one_process_learns_from_the_other(elsewhere, stoppable):
    sandbox = stoppable.sandbox
    sandbox.fail_next(status=503, times=99)
    for _ in range(THRESHOLD):
        with pytest.raises(AvaturnUnavailable):
            ask()
    cache.add(get_circuit()._probe, 1, 60)  # the pause lasts
    before = stoppable.connections
    elsewhere(times=10, asked=0)
    assert (stoppable.connections, sandbox.count("createUser")) == (before, THRESHOLD)
    cache.delete(get_circuit()._probe)
    sandbox.faults.clear()
    elsewhere(times=3, asked=3)  # the first is let through, and closes it
    assert get_circuit().down_for() is None
    assert ask().id in sandbox.users
    assert sandbox.count("createUser") == THRESHOLD + 4


def test_failures_add_up(elsewhere, stoppable):
    stoppable.sandbox.fail_next(status=503, times=99)
    for _ in range(THRESHOLD - 2):
        with pytest.raises(AvaturnUnavailable):
            ask()
    elsewhere(times=9, asked=3)  # two that open it, and one that may still try
    assert get_circuit().down_for() is not None
