"""A declarative route table and the search in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .messages import Request, Response

if TYPE_CHECKING:
    from .service import Sandbox

Handler = Callable[["Sandbox", "Incoming"], Response]


class Area(Enum):
    """Which part of the service a route belongs to; it decides who may call it."""

    API = "api"
    """The developer API: project token required."""
    FILES = "files"
    """Upload and download hosts: the address itself is the permission."""
    EDITOR = "editor"
    """What the editor page calls: token of its session required."""
    PAGE = "page"
    """Pages, scripts and previews, open to all."""
    FIGURE = "figure"
    """Meshes: token of a session required, but no record touched."""
    PROJECT = "project"
    """Signing in on the free plan, open to all."""
    CONTROL = "control"
    """Switches and inspection: neither counted nor subject to faults."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request together with what its path said."""

    request: Request
    params: Mapping[str, str]
    origin: str


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the sandbox."""

    method: str
    template: str
    operation: str
    handler: Handler
    area: Area = Area.API

    @property
    def fetches(self) -> bool:
        """Whether it only hands out a file."""
        return self.area is Area.FILES and self.method == "GET"

    def match(self, path: str) -> dict[str, str] | None:
        """Path parameters when ``path`` fits the template, else None."""
        wanted, given = self.template.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        params: dict[str, str] = {}
        for pattern, part in zip(wanted, given, strict=True):
            if not _fits(pattern, part, params):
                return None
        return params

    def answers(self, method: str) -> bool:
        """Whether the route takes this method; HEAD goes wherever GET goes."""
        return method == self.method or (method == "HEAD" and self.method == "GET")


def _fits(pattern: str, part: str, params: dict[str, str]) -> bool:
    """Compare one segment; ``{name}`` may carry a literal ending such as ``.glb``."""
    if not pattern.startswith("{"):
        return pattern == part
    name, _, ending = pattern[1:].partition("}")
    value = part.removesuffix(ending)
    params[name] = unquote(value)
    return bool(value) and part.endswith(ending)


class RouteTable:
    """Routes in order of precedence."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], list[str]]:
        """The route with its parameters, or None with the methods that the path does take."""
        allowed: list[str] = []
        for route in self.routes:
            params = route.match(path)
            if params is None:
                continue
            if route.answers(method):
                return route, params, []
            allowed.append(route.method)
        return None, {}, allowed
