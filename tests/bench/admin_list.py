"""The admin's list of avatars beside one that uses nothing but Django's own options."""

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
from django.utils import timezone

from django_avaturn.models import Avatar, AvaturnProfile

from .table import Figure

SIZES = (1_000, 100_000)
PER_USER = 4
PER_PAGE = 50
LISTS = {"ours": "admin", "plain": "plain"}
"""Names of the admin sites."""


def measure(rounds: int) -> list[Figure]:
    """First page, last page and search, with few and with many rows."""
    staff = get_user_model().objects.create_superuser("boss")
    browser = Client()
    browser.force_login(staff)
    figures = []
    for size in SIZES:
        print(f"admin, {size} rows ...", file=sys.stderr)
        fill(size - Avatar.objects.count())
        figures += _pages(browser, size, rounds)
        figures.append(_search(browser, size))
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
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _pages(browser: Client, size: int, rounds: int) -> list[Figure]:
    """The last page's goal is that of the first, plus 10%: no list jumps to the end for free."""
    queries = _count(browser, "ours", "")
    return [
        Figure(what=f"admin {size} rows: queries", value=queries, bound="<=", goal=4),
        _timed(browser, f"admin {size} rows: first page", "", 1.1, rounds),
        _timed(browser, f"admin {size} rows: last page", f"?p={size // PER_PAGE}", 1.21, rounds),
    ]


def _timed(browser: Client, what: str, query: str, goal: float, rounds: int) -> Figure:
    times: dict[str, list[float]] = {name: [] for name in LISTS}
    for number in range(3 * rounds + 2):
        for name in random.sample(list(LISTS), len(LISTS)):
            began = time.perf_counter()
            _get(browser, name, query)
            if number >= 2:  # the first two warm up
                times[name].append(time.perf_counter() - began)
    pairs = zip(times["ours"], times["plain"], strict=True)
    medians = ", ".join(f"{name} {median(found) * 1000:.1f}" for name, found in times.items())
    return Figure(
        what=f"{what}, ours / plain",
        value=median(ours / plain for ours, plain in pairs),
        bound="<=",
        goal=goal,
        medians=f"{medians} ms",
    )


def _get(browser: Client, name: str, query: str) -> str:
    url = reverse(f"{LISTS[name]}:django_avaturn_avatar_changelist")
    response = browser.get(url + query)
    if response.status_code != 200:
        raise RuntimeError(f"{url}{query} answered {response.status_code}.")
    return response.content.decode()


def _count(browser: Client, name: str, query: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _get(browser, name, query)
    return len(queries)


def _search(browser: Client, size: int) -> Figure:
    """How many of the three usual searches find one of the rows they should."""
    started = timezone.now()
    avatar = Avatar.objects.select_related("profile__user").order_by("pk")[size // 2]
    user = avatar.profile.user
    terms = (str(avatar.pk), user.get_username(), user.get_username()[:-4])
    found = sum(str(avatar.pk) in _get(browser, "ours", f"?q={term}") for term in terms)
    seconds = (timezone.now() - started).total_seconds()
    return Figure(
        what=f"admin {size} rows: searches that find (of {len(terms)})",
        value=found,
        bound=">=",
        goal=len(terms),
        medians=f"{seconds / len(terms) * 1000:.0f} ms each",
    )
