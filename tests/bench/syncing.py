"""Everybody brought in step: ours in threads, the usual ways one by one, and round trips alone."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from uuid import uuid4

import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.test import override_settings
from django.utils import timezone

from django_avaturn.models import Avatar, AvaturnProfile
from django_avaturn.services import sync_all

from .table import Bound, Figure, Mode, ratio
from .upstream import avatar_of, upstream

Get = Callable[..., requests.Response]

USERS, THREADS = 2000, 8
ROUND_TRIP = 0.020
"""Seconds."""
FLOOR = ROUND_TRIP / THREADS
"""Seconds for a user, where nothing but the round trip takes time."""
ROUNDS = 5
"""At the most: a round takes half a minute."""
SHARE = {"ours": 1, "bare": 1, "kept": 20, "naive": 50}
"""Every how manieth user a rival syncs in a round; one by one all of them would take minutes."""


def measure(mode: Mode) -> list[Figure]:
    """Time for a user against the floor."""
    users = USERS // 5 if mode.short else USERS
    _populate(users)
    rivals: dict[str, Callable[[int], None]] = {
        "ours": _ours,
        "bare": _bare,
        "kept": _kept,
        "naive": _naive,
    }
    costs: dict[str, list[float]] = {name: [] for name in rivals}
    with upstream(ROUND_TRIP) as remote:
        account = {"API_TOKEN": "bench-token", "API_URL": remote.url}
        with override_settings(AVATURN=account):
            print(f"sync, round trip {ROUND_TRIP * 1000:.0f} ms ...", file=sys.stderr)
            _ours(users // 5)  # warm up: code, connections
            for _ in range(min(mode.rounds, ROUNDS)):
                for name in random.sample(list(rivals), len(rivals)):
                    costs[name].append(_timed(rivals[name], users // SHARE[name]))
    medians = ", ".join(f"{name} {median(found) * 1000:.2f}" for name, found in costs.items())

    def row(name: str, bound: Bound = "", goal: float = 0, notes: str = "") -> Figure:
        title = f"sync {users} users, {ROUND_TRIP * 1000:.0f} ms, {THREADS} threads: {name} / floor"
        return ratio(title, costs[name], [FLOOR] * len(costs[name]), bound, goal, notes)

    notes = f"floor {FLOOR * 1000:.2f}, {medians} ms for each user"
    return [row("ours", "<=", 1.4, notes), row("bare"), row("kept"), row("naive")]


def _populate(users: int) -> None:
    """Users who are in step already, as nearly all are in a nightly run."""
    names = [f"synced-{uuid4()}" for _ in range(users)]
    people = get_user_model()._default_manager.bulk_create(
        [get_user_model()(username=name) for name in names]
    )
    now = timezone.now()
    profiles = [
        AvaturnProfile(user=user, avaturn_id=name, synced_at=now)
        for user, name in zip(people, names, strict=True)
    ]
    made = AvaturnProfile.objects.bulk_create(profiles)
    Avatar.objects.bulk_create(
        Avatar(id=avatar_of(one.avaturn_id), profile=one, avaturn_id=one.avaturn_id, status="ready")
        for one in made
    )


def _timed(work: Callable[[int], None], users: int) -> float:
    began = time.perf_counter()
    work(users)
    return (time.perf_counter() - began) / users


def _ours(users: int) -> None:
    synced = AvaturnProfile.objects.filter(user__username__startswith="synced-")
    done = [outcome.error for outcome in sync_all(synced, jobs=THREADS, limit=users)]
    if done != [None] * users:
        raise RuntimeError(f"not synced: {set(done)}")


def _bare(users: int) -> None:
    """As many threads that ask and do nothing else: the floor on a machine that is busy."""
    with requests.Session() as session, ThreadPoolExecutor(THREADS) as pool:
        for response in pool.map(partial(_ask, get=session.get), _profiles(users)):
            response.json()


def _kept(users: int) -> None:
    """Row by row on a connection that is kept."""
    with requests.Session() as session:
        _row_by_row(users, session.get)


def _naive(users: int) -> None:
    """Row by row, with a new connection for each."""
    _row_by_row(users, requests.get)


def _row_by_row(users: int, get: Get) -> None:
    for profile in _profiles(users):
        for item in _ask(profile, get).json():
            told = {"profile": profile, "status": item["status"]}
            Avatar.objects.update_or_create(pk=item["id"], defaults=told)
        profile.synced_at = timezone.now()
        profile.save()


def _profiles(users: int) -> QuerySet[AvaturnProfile]:
    return AvaturnProfile.objects.filter(user__username__startswith="synced-")[:users]


def _ask(profile: AvaturnProfile, get: Get) -> requests.Response:
    account = settings.AVATURN
    headers = {"Authorization": f"Bearer {account['API_TOKEN']}"}
    url = f"{account['API_URL']}/api/v1/users/{profile.avaturn_id}/avatars"
    response = get(url, params={"include_not_ready": "true"}, headers=headers, timeout=10)
    response.raise_for_status()
    return response
