"""The site's Content-Security-Policy, wherever its settings have it, and what it lets in.

Read from the settings alone: of Django 6, of django-csp 4, or of django-csp 3. What is only
reported blocks nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings

from .middleware import installed

SELF = "'self'"
NONE = "'none'"
STRICT_DYNAMIC = "'strict-dynamic'"
ANY_HOST = ("*", "http:", "https:")
EVEN_MORE = {"'wasm-unsafe-eval'": "'unsafe-eval'"}

Directives = Mapping[str, tuple[str, ...]]

FALL_BACK = {
    "frame-src": ("frame-src", "child-src", "default-src"),
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "script-src": ("script-src", "default-src"),
    "style-src-elem": ("style-src-elem", "style-src", "default-src"),
    "img-src": ("img-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}
"""Where a browser looks up what a page may load. The first directive that is there counts."""

NAMES = {"<CSP_NONCE_SENTINEL>": "CSP.NONCE", "csp.constants.NONCE": "NONCE"}
"""What settings call the place of a nonce."""

VERSION_3 = r"CSP_[A-Z_]+_SRC(_ELEM)?"
SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\[[^]]+\]|[^:/]+)(?P<port>:.+)?"
)


@dataclass(frozen=True, slots=True)
class Need:
    """Something a page loads: what kind of thing, and the source that has to be let in."""

    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One that browsers enforce. ``setting`` is where a directive is written, by its name."""

    directives: Directives
    setting: str

    def missing(self, needs: Iterable[Need]) -> dict[str, tuple[str, ...]]:
        """The directives that have to change, as they should be."""
        changed: dict[str, tuple[str, ...]] = {}
        for need in needs:
            name, sources = self._rule(need.kind)
            if sources is None or is_met(need, changed.get(name, sources)):
                continue
            before = changed.get(name, sources)
            kept = [one for one in before if one not in _spoilers(need)]
            changed[name] = (*dict.fromkeys([*kept, need.source]),)
        return changed

    def changed(self, directives: Directives) -> Policy:
        """The policy as it should be."""
        return replace(self, directives={**self.directives, **directives})

    def lines(self, directives: Directives) -> str:
        """What to write into the settings, a line for each directive."""
        return "".join(
            f"\n    {self._place(name)} = [{', '.join(map(_written, sources))}]"
            for name, sources in directives.items()
        )

    def _rule(self, kind: str) -> tuple[str, tuple[str, ...] | None]:
        """The directive to change for this kind of thing, and the sources in force."""
        chain = FALL_BACK[kind]
        name = next((one for one in chain if one in self.directives), None)
        own = chain[0] if kind == "frame-src" else kind.removesuffix("-elem")
        shared = name in (None, "default-src", "child-src")
        return own if shared else str(name), self.directives.get(str(name))

    def _place(self, name: str) -> str:
        return self.setting.format(name=name, NAME=name.upper().replace("-", "_"))


def enforced() -> Iterator[Policy]:
    """The policies in the settings, of middlewares that are in use."""
    if installed("django.middleware.csp.ContentSecurityPolicyMiddleware"):
        sent = {name: value for name, value in _dict("SECURE_CSP").items() if value}
        yield from _policy(sent, 'SECURE_CSP["{name}"]')
    if not installed("csp.middleware.CSPMiddleware"):
        return
    if newer := _dict("CONTENT_SECURITY_POLICY"):
        directives = {"default-src": [SELF], **(newer.get("DIRECTIVES") or {})}
        yield from _policy(directives, 'CONTENT_SECURITY_POLICY["DIRECTIVES"]["{name}"]')
    elif not getattr(django_settings, "CSP_REPORT_ONLY", False):
        yield from _policy(_of_version_3(), "CSP_{NAME}")


def source_of(address: str) -> str:
    """What a policy calls the place of an address: ``'self'``, or scheme and host."""
    parts = urlsplit(address)
    if not parts.netloc or parts.hostname in django_settings.ALLOWED_HOSTS:
        return SELF
    return f"{parts.scheme or 'https'}://{parts.netloc}"


def is_met(need: Need, sources: tuple[str, ...]) -> bool:
    """Whether these sources let it in."""
    if need.kind == "script-src-elem" and STRICT_DYNAMIC in sources:
        return False  # hosts no longer count then, and the tags' scripts have no nonce
    if need.source in sources or EVEN_MORE.get(need.source) in sources:
        return True
    if need.source.startswith("'sha"):
        return _lets_all_inline(sources)
    if need.source == SELF:
        return any(one in ANY_HOST or _is_own(one) for one in sources)
    return not need.source.endswith(":") and any(admits(one, need.source) for one in sources)


def admits(source: str, origin: str) -> bool:
    """Whether a source of a policy lets in scheme and host. ``*`` in both may stand for a name."""
    if source in ANY_HOST:
        return True
    allowed, wanted = SOURCE.match(source.lower()), SOURCE.match(origin.lower())
    if not allowed or not wanted:
        return False
    named = fnmatchcase(wanted["host"], allowed["host"])
    named = named or fnmatchcase(allowed["host"], wanted["host"])
    schemes = (allowed["scheme"], wanted["scheme"])
    alike = None in schemes or schemes[0] == schemes[1] or schemes == ("http", "https")
    return named and alike and _port(allowed) in (_port(wanted), ":*")


def _is_own(source: str) -> bool:
    exact = [host for host in django_settings.ALLOWED_HOSTS if not host.startswith((".", "*"))]
    return any(admits(source, host) for host in exact)


def _lets_all_inline(sources: tuple[str, ...]) -> bool:
    """A nonce or a hash beside it takes the effect from ``'unsafe-inline'``."""
    chosen = any(one in NAMES or one.startswith(("'nonce-", "'sha")) for one in sources)
    return "'unsafe-inline'" in sources and not chosen


def _port(source: re.Match[str]) -> str:
    port = (source["port"] or "").partition("/")[0]
    return "" if port in (":80", ":443") else port


def _dict(setting: str) -> dict[str, Any]:
    """A setting; empty where it is missing or no dict, which others tell of."""
    value = getattr(django_settings, setting, None)
    return value if isinstance(value, dict) else {}


def _policy(directives: dict[str, Any], setting: str) -> Iterator[Policy]:
    found = {name.lower(): _sources(value) for name, value in directives.items()}
    there = {name: sources for name, sources in found.items() if sources is not None}
    if there:
        yield Policy(there, setting)


def _of_version_3() -> dict[str, Any]:
    names = [name for name in dir(django_settings) if re.fullmatch(VERSION_3, name)]
    found = {
        name.removeprefix("CSP_").lower().replace("_", "-"): getattr(django_settings, name)
        for name in names
    }
    return {"default-src": [SELF], **found} if found else {}


def _sources(value: Any) -> tuple[str, ...] | None:
    if value is None or isinstance(value, bool):
        return None
    texts = [value] if isinstance(value, str) else value
    return tuple(" ".join(map(str, texts)).split())


def _spoilers(need: Need) -> set[str]:
    """What cannot stay beside it."""
    return {NONE, STRICT_DYNAMIC} if need.kind == "script-src-elem" else {NONE}


def _written(source: str) -> str:
    return NAMES.get(source) or json.dumps(source)
