"""The admin's list of avatars, one with nothing but Django's own options, and dj-stripe's."""

from __future__ import annotations

import random
import sys
import time
from statistics import median
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_avaturn.models import Avatar, AvaturnProfile

from . import stripe_site
from .table import Figure, Mode, ratio

SIZES = (1_000, 100_000)
FEWER = (1_000, 20_000)
"""In the short mode."""
PER_USER = 4
PER_PAGE = 50
LISTS = {
    "ours": "ours:django_avaturn_avatar_changelist",
    "plain": "plain:django_avaturn_avatar_changelist",
    "dj-stripe": "customers:djstripe_customer_changelist",
}
"""Names of the pages."""


def measure(mode: Mode) -> list[Figure]:
    """First page, last page and search, with few and with many rows."""
    staff = get_user_model().objects.create_superuser("boss")
    browser = Client(raise_request_exception=False)
    browser.force_login(staff)
    names = [name for name in LISTS if name != "dj-stripe" or stripe_site.installed("admin_list")]
    figures = []
    for size in FEWER if mode.short else SIZES:
        print(f"admin, {size} rows ...", file=sys.stderr)
        fill(size - Avatar.objects.count())
        if "dj-stripe" in names:
            stripe_site.fill(size)
        analyze()
        figures += _pages(browser, names, size, mode.rounds)
        figures.append(_search(browser, names, size))
    return figures


def fill(count: int) -> None:
    """Add so many avatars, with their users."""
    user_model = get_user_model()
    users = user_model.objects.bulk_create(
        (user_model(username=f"owner-{uuid4()}") for _ in range(count // PER_USER)),
        batch_size=5_000,
    )
    profiles = AvaturnProfile.objects.bulk_create(
        (AvaturnProfile(user=user, avaturn_id=str(uuid4())) for user in users), batch_size=5_000
    )
    Avatar.objects.bulk_create(
        (
            Avatar(profile=profile, status=random.choice(Avatar.Status.values), gender="female")
            for profile in profiles
            for _ in range(PER_USER)
        ),
        batch_size=5_000,
    )


def analyze() -> None:
    """As PostgreSQL does it by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _pages(browser: Client, names: list[str], size: int, rounds: int) -> list[Figure]:
    """All lists as they come: on a page ours and the plain one have 50 rows, dj-stripe's has 100.

    The plain one is the measure of the last page, too: no list jumps to the end for free.
    """
    queries = {name: _count(browser, name) for name in names}
    beside = ", ".join(f"{name} {count}" for name, count in queries.items())
    what = f"admin {size} rows"
    last = {name: f"?p={size // PER_PAGE}" for name in names}
    last["dj-stripe"] = f"?p={size // stripe_site.PER_PAGE}"
    end = 0.55 if size == max(SIZES) else 0  # of few rows, the last are no further than the first
    first_page = _timed(browser, dict.fromkeys(names, ""), rounds)
    last_page = _timed(browser, {name: last[name] for name in names}, rounds)
    return [
        Figure(what=f"{what}: queries", value=queries["ours"], bound="<=", goal=4, medians=beside),
        *_compare(f"{what}: first page", first_page, {"plain": 1.1}),
        *_compare(f"{what}: last page", last_page, {"plain": 1.21, "dj-stripe": end}),
    ]


def _timed(browser: Client, pages: dict[str, str], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(3 * rounds + 2):
        for name in random.sample(list(pages), len(pages)):
            began = time.perf_counter()
            _get(browser, name, pages[name])
            if number >= 2:  # the first two warm up
                times[name].append(time.perf_counter() - began)
    return times


def _compare(what: str, times: dict[str, list[float]], goals: dict[str, float]) -> list[Figure]:
    medians = ", ".join(f"{name} {median(found) * 1000:.1f}" for name, found in times.items())
    notes = {next(iter(goals)): f"{medians} ms"}
    return [
        ratio(
            f"{what}, ours / {name}",
            times["ours"],
            times[name],
            "<=" if goal else "",
            goal,
            notes.get(name, ""),
        )
        for name, goal in goals.items()
        if name in times
    ]


def _get(browser: Client, name: str, query: str) -> str:
    url = reverse(LISTS[name])
    response = browser.get(url + query)
    if response.status_code != 200:
        raise RuntimeError(f"{url}{query} answered {response.status_code}.")
    return response.content.decode()


def _count(browser: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _get(browser, name, "")
    return len(queries)


def _search(browser: Client, names: list[str], size: int) -> Figure:
    """How many of the three usual searches find one of the rows they should."""
    avatar = Avatar.objects.select_related("profile__user").order_by("pk")[size // 2]
    user = avatar.profile.user
    terms = (str(avatar.pk), user.get_username(), user.get_username()[:-4])
    began = time.perf_counter()
    found = sum(str(avatar.pk) in _get(browser, "ours", f"?q={term}") for term in terms)
    notes = f"{(time.perf_counter() - began) / len(terms) * 1000:.0f} ms each"
    if "dj-stripe" in names:
        url = reverse(LISTS["dj-stripe"])
        notes += f", dj-stripe answers {browser.get(f'{url}?q={terms[1]}').status_code}"
    return Figure(
        what=f"admin {size} rows: searches that find (of {len(terms)})",
        value=found,
        bound=">=",
        goal=len(terms),
        medians=notes,
    )
