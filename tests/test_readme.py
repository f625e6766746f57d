"""The README says what is."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import pytest
from django.dispatch import Signal
from django.urls import resolve

from django_avaturn import services, signals
from django_avaturn.conf import Settings
from django_avaturn.rest import errors

README = (Path(__file__).resolve().parents[1] / "README.rst").read_text("utf-8")


def test_settings_table_has_every_key_and_its_default():
    rows = dict(re.findall(r"^``([A-Z_]+)``\s+(``.+?``|none|the file)", README, re.MULTILINE))
    assert rows.keys() == {option.key for option in Settings.options()}
    written = {key: ast.literal_eval(text.strip("`")) for key, text in rows.items() if "`" in text}
    for key, value in written.items():
        option = vars(Settings)[key]
        assert option.kind.read(value) == option.default, key


@pytest.mark.parametrize("route", re.findall(r"^``([a-z<>/]+/)``", README, re.MULTILINE))
def test_routes_exist(route):
    some = "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e"
    assert resolve("/avatar/" + route.replace("<id>", some)).namespace == "avaturn"


@pytest.mark.parametrize("code", [row[1][1] for row in errors.UPSTREAM] + ["too_large"])
def test_error_codes_are_listed(code):
    assert f"``{code}``" in README


def test_python_samples_name_what_exists():
    called = set(re.findall(r"services\.(\w+)\(", README.split("From Python")[1]))
    twins = README.split("Each has a twin for async code:")[1].split("Signals")[0]
    assert len(called) > 7
    assert set(re.findall(r"``(\w+)``", twins)) == {f"a{name}" for name in called}
    for name in called | {f"a{name}" for name in called}:
        assert hasattr(services, name), name


def test_signals_are_listed():
    told = README.split("Signals tell what has happened")[1].split("Failures")[0]
    named = set(re.findall(r"``(\w+)``", told))
    assert named == {name for name, value in vars(signals).items() if isinstance(value, Signal)}


def test_python_samples_are_python():
    blocks = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", README)
    assert len(blocks) >= 3
    for block in blocks:
        ast.parse(textwrap.dedent(block))
