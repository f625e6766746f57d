"""A long gallery beside the same one without scripts and elements of ours: does it hold one up?"""

from __future__ import annotations

import random
from itertools import cycle
from statistics import median, quantiles

from playwright.sync_api import Browser

from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile

from .browser import chromium, collected, visit
from .load import Headers, visitors
from .page import QUICK, site
from .table import Figure, Mode, ratio

AVATARS = 60
GALLERIES = ("ours", "plain")
LONG = 50
"""Milliseconds from which on a task counts as long."""

TASKS = """() => new Promise((resolve) => {
  const told = (list) => resolve(list.getEntries().flatMap(({ scripts }) => scripts)
    .filter(({ sourceURL }) => sourceURL.includes("/django_avaturn/"))
    .map(({ duration }) => duration));
  new PerformanceObserver(told).observe({ type: "long-animation-frame", buffered: true });
  setTimeout(() => resolve([]), 500);
})"""
SCROLL = """() => new Promise((resolve) => {
  const gaps = [];
  let last = 0;
  const step = (now) => {
    if (last) gaps.push(now - last);
    last = now;
    scrollBy(0, 60);
    if (gaps.length < 90) requestAnimationFrame(step);
    else resolve(gaps);
  };
  requestAnimationFrame(step);
})"""


def measure(mode: Mode) -> list[Figure]:
    """Frames while it scrolls; before that, tasks of ours while it loads."""
    headers = visitors(1)[0].headers
    fill(AvaturnProfile.objects.latest("pk"))
    frames: dict[str, list[float]] = {name: [] for name in GALLERIES}
    tasks: list[float] = []
    visited = cycle(visitors(8))
    with (
        collected() as static,
        chromium() as browser,
        site(static, visited, "http://127.0.0.1:9", QUICK, 0) as address,
    ):
        for number in range(-1, 1 if mode.short else mode.rounds):
            for name in random.sample(GALLERIES, len(GALLERIES)):
                longest, slowest = look(browser, address, name, headers)
                if number < 0:
                    continue  # the first ones warm up
                frames[name].append(slowest)
                if name == "ours":
                    tasks.append(longest)
    medians = ", ".join(f"{name} {median(found):.0f}" for name, found in frames.items())
    what = f"gallery of {AVATARS}"
    return [
        ratio(
            f"{what}: frame while it scrolls, p95, ours / plain",
            frames["ours"],
            frames["plain"],
            "<=",
            1.1,
            f"{medians} ms",
        ),
        Figure(
            what=f"{what}: our longest task while it loads, ms",
            value=median(tasks),
            bound="<",
            goal=LONG,
            medians="0 where none was in a frame that took long",
        ),
    ]


def fill(profile: AvaturnProfile) -> None:
    """Avatars with a picture each."""
    ready = {"status": Avatar.Status.READY, "avaturn_id": profile.avaturn_id}
    avatars = Avatar.objects.bulk_create(Avatar(profile=profile, **ready) for _ in range(AVATARS))
    AvatarFile.objects.bulk_create(
        AvatarFile(
            avatar=avatar,
            kind=AvatarFile.Kind.PORTRAIT,
            state=AvatarFile.State.READY,
            file=f"{avatar.pk}/large.webp",
            thumbnail=f"{avatar.pk}/small.webp",
            sha256=avatar.pk.hex * 2,
        )
        for avatar in avatars
    )


def look(browser: Browser, address: str, name: str, headers: Headers) -> tuple[float, float]:
    """Our longest task while the page loads, and the 95th percentile of frames that scroll."""
    with visit(browser, address, headers) as context:
        page = context.new_page()
        page.goto(f"{address}/page/gallery/{name}/", wait_until="networkidle")
        longest = max(page.evaluate(TASKS), default=0.0)
        return longest, quantiles(page.evaluate(SCROLL), n=20)[-1]
