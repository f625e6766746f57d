"""The reference names everything that is public, and nothing that is not there."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from django.dispatch import Signal

from django_avaturn import client, exceptions, models, services, signals
from django_avaturn.templatetags import avaturn
from tests.docs.samples import ROOT

REFERENCE = ROOT / "docs" / "reference"
SCRIPTS = ROOT / "django_avaturn" / "static" / "django_avaturn"
ROWS = {"FileDeletion", "Job"}  # of the app's own work; their fields are in the list of fields
KINDS = {
    "ClosedCircuit",
    "GLB",
    "IMAGE",
    "RenderFormat",
    "SessionType",
}  # values and types of others


def page(name: str) -> str:
    return (REFERENCE / f"{name}.rst").read_text("utf-8")


def documented(name: str) -> set[str]:
    found = re.findall(r"^\.\. auto(?:function|class|exception|data):: ([\w.]+)", page(name), re.M)
    return {one.rpartition(".")[2] for one in found}


def test_services():
    twins = {name for name in services.__all__ if name[:1] == "a" and name[1:] in services.__all__}
    assert set(services.__all__) - twins <= documented("python")


def test_signals():
    known = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert known <= documented("python")


def test_exceptions_come_all_together():
    assert ".. automodule:: django_avaturn.exceptions\n   :members:" in page("python")
    tree = ast.parse(inspect.getsource(exceptions))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert classes and all(ast.get_docstring(node) for node in classes)


def test_client_and_models():
    assert set(client.__all__) - KINDS <= documented("client")
    assert set(models.__all__) - ROWS <= documented("models")


def test_tags():
    assert documented("tags") == set(avaturn.register.tags)


def test_events():
    code = "".join(file.read_text("utf-8") for file in SCRIPTS.glob("*.js"))
    sent = set(re.findall(r"""(?:emit|tell|CustomEvent|forward)\(\s*"(avaturn:[\w-]+)""", code))
    assert len(sent) > 8
    told = set(re.findall(r"avaturn:[\w-]+", page("browser")))
    assert sent <= told
    assert told <= set(re.findall(r"avaturn:[\w-]+", code)) | {"avaturn:"}


@pytest.mark.parametrize("attribute", ["data-state", "data-avaturn-keep"])
def test_attributes(attribute):
    code = "".join(file.read_text("utf-8") for file in SCRIPTS.glob("*.js"))
    assert attribute in page("browser")
    assert attribute in code or "dataset.state" in code


@pytest.mark.parametrize("module", [services, client, signals, exceptions])
def test_docstrings_are_there(module):
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    public = [getattr(module, name) for name in names]
    own = [one for one in public if inspect.isfunction(one) or inspect.isclass(one)]
    mine = [one for one in own if one.__module__.startswith("django_avaturn")]
    assert [one.__qualname__ for one in mine if not inspect.getdoc(one)] == []
