"""What it costs to run on several processes, and what makes that cheap again.

Sessions with the cache in Redis beside the cache in memory, which no two processes share; with one,
two and four processes; and the addresses of a gallery's pictures in a private bucket, signed for
each page or kept in a cache meanwhile.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.core.files.storage import Storage

from tests.databases import REDIS_URL

from .load import Batch, Turn, drive, visitors
from .server import THREADS, Server, server
from .sessions import PATHS, cpu, wall
from .table import Figure, Mode, ratio
from .upstream import upstream

ROUND_TRIP = 0.020
"""Seconds."""
PROCESSES = (1, 2, 4)
VISITORS, REQUESTS = 250, 6
"""In all, and of each client in a round."""
PICTURES = 60
"""In a gallery."""
EXPIRE = 3600
"""Seconds that a signed address is good for."""

Costs = dict[str, list[Batch]]


def measure(mode: Mode) -> list[Figure]:
    """Everything that only matters past one process."""
    return [*_sessions(mode), *_addresses(mode.rounds)]


def _sessions(mode: Mode) -> list[Figure]:
    print("sharing, sessions ...", file=sys.stderr)
    turns = cycle(visitors(VISITORS))
    with upstream(ROUND_TRIP) as remote, ExitStack() as stack:

        def start(**options: Any) -> Server:
            return stack.enter_context(server(remote.url, **options))

        sites = {f"{number} processes": start(processes=number) for number in PROCESSES}
        sites["Redis"] = start(BENCH_CACHE=REDIS_URL)
        for site in sites.values():
            drive(site, PATHS["ours"], turns, clients=THREADS, requests=REQUESTS)  # warms up
        batches = _turns(sites, turns, mode.rounds)
    found = {name: [cpu(batch) for batch in batches[name]] for name in sites}
    times = {name: [wall(batch) for batch in batches[name]] for name in sites}
    medians = "CPU " + ", ".join(f"{name} {median(one) * 1000:.2f}" for name, one in found.items())
    rates = ", ".join(f"{name} {1 / median(one):.0f}" for name, one in times.items())
    one, two, four = (times[f"{number} processes"] for number in PROCESSES)
    return [
        ratio(
            "sharing: CPU per session, cache in Redis / in memory",
            found["Redis"], found["2 processes"], medians=f"{medians} ms",
        ),
        ratio(
            f"sharing: sessions a second, {THREADS} clients, 2 processes / 1",
            one, two, medians=f"{rates} a second",
        ),
        ratio("sharing: the same, 4 processes / 2, on two cores", two, four),
    ]  # fmt: skip


def _turns(sites: dict[str, Server], turns: Iterator[Turn], rounds: int) -> Costs:
    batches: Costs = {name: [] for name in sites}
    for _ in range(rounds):
        for name in random.sample(list(sites), len(sites)):
            batch = drive(sites[name], PATHS["ours"], turns, clients=THREADS, requests=REQUESTS)
            batches[name].append(batch)
    return batches


def _addresses(rounds: int) -> list[Figure]:
    """Signing needs no network, but is work; and a browser's cache goes by the address."""
    storage = _bucket()
    names = [f"avaturn/{one:02x}/{random.randbytes(20).hex()}.webp" for one in range(PICTURES)]
    caches: dict[str, BaseCache] = {
        "in memory": LocMemCache("addresses", {}),
        "in Redis": RedisCache(REDIS_URL, {"KEY_PREFIX": "avaturn-bench"}),
    }

    def kept(cache: BaseCache, name: str) -> str:
        return str(cache.get_or_set(name, partial(storage.url, name), EXPIRE // 2))

    ways: dict[str, Callable[[str], str]] = {"signed": storage.url}
    ways |= {way: partial(kept, cache) for way, cache in caches.items()}
    costs: dict[str, list[float]] = {way: [] for way in ways}
    seen: dict[str, set[str]] = {way: set() for way in ways}
    for number in range(rounds + 1):
        for way in random.sample(list(ways), len(ways)):
            began = time.thread_time()
            found = {ways[way](name) for name in names}
            if number:  # the first warms up, and fills the caches
                costs[way].append(time.thread_time() - began)
                seen[way] |= found
        time.sleep(1)  # a signature tells its second
    caches["in Redis"].delete_many(names)
    medians = ", ".join(f"{way} {median(one) * 1000:.1f}" for way, one in costs.items())
    count = {way: len(found) // PICTURES for way, found in seen.items()}
    return [
        ratio(
            f"sharing: CPU for {PICTURES} addresses in a private bucket, signed / kept {way}",
            costs["signed"], costs[way], medians=f"{medians} ms" if way == "in memory" else "",
        )
        for way in caches
    ] + [
        Figure(
            what=f"sharing: addresses of a picture in {rounds} visits, kept",
            value=max(count[way] for way in caches), bound="<=", goal=1,
            medians=f"signed {count['signed']}: every browser fetches it anew each time",
        ),
    ]  # fmt: skip


def _bucket() -> Storage:
    from storages.backends.s3 import S3Storage

    return S3Storage(
        access_key="bench", secret_key="bench", bucket_name="faces", region_name="eu-central-1",
        signature_version="s3v4", querystring_expire=EXPIRE,
    )  # fmt: skip
