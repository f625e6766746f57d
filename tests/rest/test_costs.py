"""What a session costs the site, apart from time: queries, calls, and questions to the cache."""

from __future__ import annotations

import pytest

from tests.services.caches import TellingCache


def ask(browser):
    return browser.post("/avatar/sessions/", content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_session_costs_three_queries_login_included(
    as_ann, sandbox, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        ask(as_ann)
    sandbox.calls.clear()
    with django_assert_num_queries(3):
        ask(as_ann)
    assert len(sandbox.calls) == 1


def test_session_asks_the_cache_three_times(as_ann, sandbox, settings):
    """The throttle reads and writes, the circuit reads: with Redis each is a round trip."""
    cache = {"BACKEND": "tests.services.caches.TellingCache", "LOCATION": "sessions"}
    settings.CACHES = {"default": cache}
    ask(as_ann)
    TellingCache.done.clear()
    ask(as_ann)
    assert sorted(TellingCache.done) == ["get", "get", "set"]
