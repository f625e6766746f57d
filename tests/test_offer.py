"""``docs/avaturn.rst``: everything Avaturn offers has a place here, and the place exists."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.template import engines
from django.urls import resolve

from django_avaturn import client, decorators, exceptions, hooks, models, services, signals
from django_avaturn.checks import SDK_FILE
from django_avaturn.client.types import SESSION_TYPES
from django_avaturn.conf import Settings
from django_avaturn.templatetags import avaturn as tags

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/avaturn.rst").read_text("utf-8")
CELL = r"(.+\n(?:       .+\n)*)"
TABLES = re.findall(rf"^   \* - {CELL}     - {CELL}", PAGE, re.MULTILINE)
ROWS = [tuple(" ".join(cell.split()) for cell in row) for row in TABLES if row[1].strip() != "Here"]
LITERAL = re.compile(r"``(.+?)``")
OFFERED = {name for row in ROWS for name in LITERAL.findall(row[0])}
SCRIPTS = "".join(
    Path(finders.find(f"django_avaturn/{name}.js")).read_text() for name in ("editor", "frame")
)


def sdk_methods():
    """What the real file sends to the editor, or is called to open and close it."""
    source = Path(finders.find(SDK_FILE)).read_text()
    defined = re.findall(r"\b\w\.([a-z]\w+)=function\(\w*(?:,\w)*\)\{(.{60})", source)
    sending = {name for name, body in defined if "this.sendMessage(" in body}
    return sending | {"init", "on", "destroy"} & {name for name, _ in defined}


def operations():
    """Method and path of each operation of the API, and the parameters in queries."""
    paths = yaml.safe_load((ROOT / "tests/contract/openapi.yaml").read_text())["paths"]
    verbs = ("get", "post", "put", "delete")
    found = [(v, path, known[v]) for path, known in paths.items() for v in verbs if v in known]
    names = {one["name"] for *_, known in found for one in known.get("parameters", ())}
    return {f"{verb.upper()} {path}" for verb, path, _ in found} | (names - {"avatar_id"})


def events():
    webhooks = yaml.safe_load((ROOT / "tests/contract/openapi.yaml").read_text())["webhooks"]
    return {re.sub("(?=[A-Z])", ".", name).lower() for name in webhooks}


EXPORT = {"dataURL", "httpURL", "avatarId", "sessionId", "bodyId", "gender"}
OPTIONS = {"url", "iframeClassName", "disableUi", "defaultAssets", "overrideSaved"}
CALLBACKS = {"load", "export", "assetSet", "bodySet", "changeParam", "error"}
ERRORS = {"auth_error", "avatar_load_error", "scene_error"}
FIXED = EXPORT | OPTIONS | CALLBACKS | ERRORS | {"avatarSupportsFaceAnimations"}


@pytest.mark.parametrize(
    "offered", [operations(), events(), sdk_methods(), set(SESSION_TYPES), FIXED]
)
def test_all_that_is_offered_has_a_row(offered):
    assert len(offered) > 2
    assert offered - OFFERED == set()


def test_the_sdk_still_has_the_methods_that_are_listed():
    listed = set(re.findall(r"element\.sdk\.(\w+)", PAGE))
    assert len(listed) == 22
    assert listed == sdk_methods() - {"init", "on", "destroy"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_no_row_is_empty_and_each_place_exists(row):
    places = LITERAL.findall(row[1].split(". ")[0])
    assert places
    for place in places:
        assert exists(place), place


def exists(place: str) -> bool:
    if place.startswith("{%"):
        return is_tag(place)
    if match := re.fullmatch(r"(GET|POST|PUT|DELETE) (.*/)", place):
        return is_route(*match.groups())
    if match := re.fullmatch(r"element\.sdk\.(\w+)", place):
        return match[1] in sdk_methods()
    if match := re.fullmatch(r"element\.(\w+)", place):
        return match[1] == "addEventListener" or f" {match[1]}(" in SCRIPTS
    if place.startswith("avaturn:"):
        return place in SCRIPTS
    return is_python(place)


def is_tag(text: str) -> bool:
    """It renders, and takes the option."""
    name, *options = text.strip("{%} ").split()
    engines["django"].from_string("{% load avaturn %}" + text)
    taken = inspect.signature(getattr(tags, name)).parameters
    return all(option.split("=")[0] in taken for option in options)


def is_route(verb: str, route: str) -> bool:
    some = "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e"
    view = resolve("/avatar/" + re.sub("<.*?>", some, route)).func
    return not hasattr(view, "cls") or verb.lower() in vars(view.cls)


def is_python(name: str) -> bool:
    """Something that can be imported from the package, or a setting."""
    if name in {option.key for option in Settings.options()}:
        return True
    head, _, rest = name.partition(".")
    places = [client, decorators, exceptions, hooks, models]
    known = {"services": services, "signals": signals}
    found = [known[head]] if head in known else [getattr(p, head, None) for p in places]
    found = [one for one in found if one is not None]
    if not rest or not found:
        return bool(found)
    fields = getattr(found[0], "__dataclass_fields__", ())
    return hasattr(found[0], rest) or rest in fields
