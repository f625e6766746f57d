"""The schema of the REST API, in a site that has other views as well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import resolve
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema

from django_avaturn.rest import errors
from tests.contract.site import described

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}
SOME = "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e"


def run(*arguments, settings="tests.rest.host.settings"):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def schema():
    """As the host's own command writes it, without a warning."""
    done = run(
        *("-m", "django", "spectacular", "--validate", "--fail-on-warn"),
        *("--format", "openapi-json"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def operations(schema):
    """Ours, by path and method."""
    return {
        (path, method): told
        for path, methods in schema["paths"].items()
        if path.startswith("/avatar/")
        for method, told in methods.items()
    }


def test_the_site_keeps_its_own_names(schema):
    names = {name for name in schema["components"]["schemas"] if not name.startswith("Avaturn")}
    assert names == {"Avatar", "Error", "CodeEnum", "GenderEnum", "StatusEnum", "TypeEnum"}
    assert schema["components"]["schemas"]["TypeEnum"]["enum"] == ["oil", "chalk"]


def test_every_view_and_method_is_there(schema):
    told = operations(schema)
    views = {resolve(path.replace("{id}", SOME)).func.cls for path, _ in told}
    assert {view.__name__ for view in views} == {
        "AvatarDetail",
        "AvatarList",
        "CustomizationDetail",
        "ExportList",
        "ProfileDetail",
        "RenderList",
        "SessionList",
    }
    for path in {path for path, _ in told}:
        view = resolve(path.replace("{id}", SOME)).func.cls
        there = {method for method in METHODS if hasattr(view, method)}
        assert {method for at, method in told if at == path} == there


def test_every_operation_is_told_of(schema):
    for told in operations(schema).values():
        assert re.fullmatch("avaturn_[a-z_]+", told["operationId"])
        assert told["tags"] == ["Avaturn"]
        assert told["summary"]
        assert told["description"]
        for status, answer in told["responses"].items():
            if int(status) >= 400:
                content = answer["content"]["application/json"]["schema"]
                assert content == {"$ref": "#/components/schemas/AvaturnError"}
                assert answer["description"].startswith("`")
    ids = [told["operationId"] for told in operations(schema).values()]
    assert len(ids) == len(set(ids)) == 12


def test_statuses_of_an_operation(schema):
    told = operations(schema)["/avatar/avatars/{id}/exports/", "post"]["responses"]
    assert told.keys() == {
        *("201", "400", "401", "403", "404", "409", "410", "413", "415", "429", "502", "503"),
        "504",
    }
    assert told["409"]["description"] == "`face_animations_required`"
    assert told["429"]["headers"].keys() == {"Retry-After"}
    plain = operations(schema)["/avatar/profile/", "delete"]["responses"]
    assert plain.keys() == {"204", "401", "403", "503"}


def test_photos_are_a_form_with_the_names_of_avaturns_upload(schema):
    body = operations(schema)["/avatar/avatars/", "post"]["requestBody"]
    assert body["content"].keys() == {"multipart/form-data"}
    form = schema["components"]["schemas"]["AvaturnPhotos"]
    pictures = {"image-frontal", "image-side-1", "image-side-2"}
    assert form["properties"].keys() >= pictures | {"body-type", "telephoto"}
    for name in pictures:
        assert form["properties"][name]["format"] == "binary"


@pytest.mark.parametrize("code", [row[1][1] for row in errors.UPSTREAM] + ["too_large", "invalid"])
def test_codes_come_from_the_tables(schema, code):
    told = schema["components"]["schemas"]["AvaturnErrorCode"]
    assert code in told["enum"]
    assert f"* `{code}` - " in told["description"]


def test_codes_are_those_of_the_readme(schema):
    readme = (ROOT / "README.rst").read_text("utf-8")
    codes = schema["components"]["schemas"]["AvaturnErrorCode"]["enum"]
    assert not [code for code in codes if f"``{code}``" not in readme]


def test_a_new_error_is_told_of_everywhere(monkeypatch):
    from django_avaturn.rest.openapi import codes

    row = (403, "something_new", "Something new.")
    monkeypatch.setattr(codes, "ROWS", [*codes.ROWS, row])
    monkeypatch.setitem(codes.CODES, row[1], row[2])
    for told in operations(described()).values():
        assert "`something_new`" in told["responses"]["403"]["description"]


def test_visitors_need_no_login(settings):
    settings.AVATURN = {**settings.AVATURN, "ALLOW_GUESTS": True}
    assert all({} in told["security"] for told in operations(described()).values())


@pytest.mark.parametrize(
    "wishes",
    [
        {"OAS_VERSION": "3.1.0"},
        {"COMPONENT_SPLIT_REQUEST": True},
        {"COMPONENT_NO_READ_ONLY_REQUIRED": True},
        {"COMPONENT_SPLIT_PATCH": False, "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False},
    ],
    ids=lambda wishes: next(iter(wishes)),
)
def test_other_settings_of_drf_spectacular(wishes):
    with patched_settings(wishes):
        told = described()
        validate_schema(told)
    assert not GENERATOR_STATS
    names = told["components"]["schemas"]
    assert all(name.startswith("Avaturn") for name in names)
    assert names["AvaturnPhotos" if "AvaturnPhotos" in names else "AvaturnPhotosRequest"]


def test_nothing_is_loaded_where_the_site_does_not_want_it():
    code = "import django, sys; django.setup(); print('drf_spectacular' in sys.modules)"
    assert run("-c", code, settings="tests.settings").stdout == "False\n"
    assert run("-c", code).stdout == "True\n"
