"""What checks the browser code, and what its types say of the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
MODULES = [
    *(ROOT / "django_avaturn" / "static" / "django_avaturn").glob("*.js"),
    *(ROOT / "django_avaturn" / "sandbox" / "static").glob("*.js"),
    *(ROOT / "example_project" / "members" / "static" / "example").glob("*.js"),
]
TYPES = (FRONTEND / "page.d.ts").read_text("utf-8")
PAGES = "".join(
    path.read_text("utf-8")
    for folder in ("django_avaturn", "example_project/members")
    for path in (ROOT / folder / "templates").rglob("*.html")
)
SET_BY_SCRIPT = {"data-state"}


def promised(interface):
    """The bodies of an interface of that name in page.d.ts, which may be there several times."""
    return "".join(re.findall(rf"^interface {interface} \{{\n(.*?)^\}}", TYPES, re.M | re.S))


def attributes():
    names = re.findall(r"^  (\w+): string;", promised("DOMStringMap"), re.M)
    return {"data-" + re.sub("([A-Z])", r"-\1", name).lower() for name in names}


def classes():
    literals = re.findall(r'"([^"\n]+)"', promised("ParentNode") + promised("Element"))
    return {name for literal in literals for name in re.findall(r"\.(avaturn-[\w-]+)", literal)}


@pytest.mark.parametrize("name", sorted(attributes() - SET_BY_SCRIPT))
def test_attributes_are_written_by_a_template(name):
    assert re.search(rf"\s{name}=", PAGES)


@pytest.mark.parametrize("name", sorted(classes()))
def test_classes_are_written_by_a_template(name):
    assert re.search(rf'class="[^">]*\b{name}(?![\w-])', PAGES)


def test_every_module_is_checked():
    included = json.loads((FRONTEND / "tsconfig.json").read_text("utf-8"))["include"]
    found = {path.resolve() for pattern in included for path in FRONTEND.glob(pattern)}
    assert {path.resolve() for path in MODULES} <= found
    assert len(MODULES) > 25


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_are_small_enough_to_read(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 350
    assert not re.search(r"@ts-(ignore|nocheck|expect-error)|biome-ignore lint", text)


def test_tools_are_pinned_apart_from_what_is_shipped():
    tools = json.loads((FRONTEND / "package.json").read_text("utf-8"))
    shipped = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert tools["private"] is True
    assert "dependencies" not in tools
    assert "devDependencies" not in shipped
    pins = tools["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert pins["@avaturn/sdk"] == shipped["dependencies"]["@avaturn/sdk"]


def test_lock_file_names_no_place():
    """Each tool is pinned by its digest; where it comes from is left open."""
    packages = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))["packages"]
    for name, entry in packages.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")
    assert (FRONTEND / ".npmrc").read_bytes() == (ROOT / ".npmrc").read_bytes()
