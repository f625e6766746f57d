"""What is asked of a page in any state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
OPTIONS = {
    "resultTypes": ["violations"],
    "iframes": False,  # what is in a frame has tests of its own, or is Avaturn's
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2 AA, which axe leaves out by default
}
DESKTOP = {"width": 1280, "height": 900}
ZOOMED = {"width": 640, "height": 450}
"""What is left of the desktop at 200%: to a page, zoom is a smaller window."""
PHONE = {"width": 320, "height": 640}

SETTLED = """Promise.all(document.getAnimations()
  .filter(({ transitionProperty }) => transitionProperty).map(({ finished }) => finished))"""
"""Colours on their way from light to dark would be measured half-way."""

CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (node) => node && node !== document.documentElement &&
    (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  const unseen = (node) => node && (getComputedStyle(node).clipPath !== "none" ||
    unseen(node.parentElement)); // there for screen readers alone
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((node) => !scrolls(node) && !unseen(node))
    .filter((node) => {
      const { left, right, width, height } = node.getBoundingClientRect();
      const text = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
      const told = text || node.matches("button, a, input, select, img");
      return told && width > 1 && height > 1 && (left < -1 || right > wide + 1);
    })
    .map((node) => node.outerHTML.slice(0, 120));
}"""


def axe(page: Page, leave_out: Iterable[str] = ()) -> list[str]:
    """Violations that axe-core finds, as lines; ``leave_out`` are selectors."""
    context = {"exclude": [[selector] for selector in leave_out]} if leave_out else None
    found: list[dict[str, Any]] = AXE.run(page, context=context, options=OPTIONS).response[
        "violations"
    ]
    return [
        f"{one['id']}: {node['html'][:140]} {node['failureSummary'].splitlines()[-1].strip()}"
        for one in found
        for node in one["nodes"]
    ]


def layout(page: Page) -> list[str]:
    """What does not fit at 200% zoom, or on a small phone."""
    faults = []
    for name, size in (("zoomed", ZOOMED), ("phone", PHONE)):
        page.set_viewport_size(size)
        root = "document.documentElement"
        over = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        if over > 0:
            faults.append(f"{name}: {over} pixels too wide")
        faults += [f"{name}: cut off: {html}" for html in page.evaluate(CUT_OFF)]
    page.set_viewport_size(DESKTOP)
    return faults


def moving(page: Page) -> list[str]:
    """Animations that run although the person has asked for none."""
    return page.evaluate(
        """() => document.getAnimations().filter(({ playState }) => playState === "running")
          .map(({ animationName, transitionProperty, effect }) =>
            `${animationName ?? transitionProperty} on ${effect.target.className}`)"""
    )


def faults(page: Page, leave_out: Iterable[str] = ()) -> list[str]:
    """All of it, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        found += [f"{scheme}: {line}" for line in axe(page, leave_out)]
    return [*found, *layout(page), *moving(page)]
