"""What is public is typed, used by the consumer project, and shows nothing of the HTTP library."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import pytest
from django.dispatch import Signal

from django_avaturn import (
    client,
    decorators,
    exceptions,
    health,
    hooks,
    models,
    services,
    signals,
    testing,
)

CONSUMER = sorted((Path(__file__).parent / "consumer").glob("*.py"))


def own(module, kind):
    """Names of a module without ``__all__``: what it defines itself."""
    found = vars(module).items()
    return {name for name, value in found if isinstance(value, kind) and name[0] != "_"}


def defined(module, test):
    return {name for name, _ in inspect.getmembers(module, test) if name[0] != "_"}


PUBLIC = {
    client: set(client.__all__),
    models: set(models.__all__),
    services: set(services.__all__),
    signals: own(signals, Signal),
    exceptions: {
        name
        for name in defined(exceptions, inspect.isclass)
        if getattr(exceptions, name).__module__ == exceptions.__name__
    },
    hooks: {"AvaturnHooks", "get_hooks"},
    decorators: {"allow_popups"},
    health: {"status"},
    testing: set(testing.__all__),
}
METHODS = defined(client.AvaturnClient, inspect.isfunction)


def used():
    """Names that the consumer project imports or takes from a module of the package."""
    for path in CONSUMER:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                yield node.attr
                if isinstance(node.value, ast.Name):
                    yield f"{node.value.id}.{node.attr}"
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django_av"):
                last = (node.module or "").rpartition(".")[2]
                yield from (f"{last}.{alias.name}" for alias in node.names)


USED = set(used())


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_the_consumer_uses_every_name(module):
    assert PUBLIC[module]
    last = module.__name__.rpartition(".")[2]
    assert {name for name in PUBLIC[module] if f"{last}.{name}" not in USED} == set()


def test_the_consumer_uses_every_call_of_the_client():
    assert len(METHODS) > 10
    assert METHODS <= USED


def test_the_consumer_leaves_nothing_out():
    text = "".join(path.read_text("utf-8") for path in CONSUMER)
    assert not re.search(r"\bcast\(|type: *ignore|pyright: *ignore|# *pyright:", text)


def annotated():
    """Public functions, and methods and fields of public classes: where, and their annotations."""
    for module, names in PUBLIC.items():
        for name in sorted(names):
            value = getattr(module, name)
            if inspect.isclass(value):
                for part in [value, *(member for _, member in inspect.getmembers(value, callable))]:
                    if str(getattr(part, "__module__", "")).startswith("django_avaturn"):
                        yield part.__module__, f"{name}.{part.__name__}", hints(part)
            elif callable(value):
                yield inspect.unwrap(value).__module__, name, hints(inspect.unwrap(value))


def hints(part):
    """As they are written: nothing is imported for them."""
    return [str(hint) for hint in getattr(part, "__annotations__", {}).values()]


def taken_from_the_http_library(module):
    """Names that a module imports from it, for checkers only or not, and the library itself."""
    found = {"requests", "urllib3"}
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        source = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if source.partition(".")[0] in ("requests", "urllib3"):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


SHOWN = sorted((module, name, tuple(told)) for module, name, told in annotated() if told)


def test_most_of_it_is_annotated():
    """Or the next test would look at nothing."""
    assert len({name for _, name, _ in SHOWN}) > 120
    assert {"open_session", "aopen_session", "AvaturnClient.__init__"} <= {row[1] for row in SHOWN}


@pytest.mark.parametrize("module", sorted({row[0] for row in SHOWN}))
def test_no_annotation_shows_the_http_library(module):
    foreign = taken_from_the_http_library(module)
    shown = {
        (name, word)
        for where, name, told in SHOWN
        if where == module
        for hint in told
        for word in re.findall(r"\w+", hint)
    }
    assert [(name, word) for name, word in sorted(shown) if word in foreign] == []
