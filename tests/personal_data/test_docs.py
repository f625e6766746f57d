"""docs/privacy.rst names all that is stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps

from django_avaturn.models import Job
from django_avaturn.services.personal_data import LEFT_OUT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "privacy.rst").read_text("utf-8")
MODELS = list(apps.get_app_config("django_avaturn").get_models())


def section(title: str) -> str:
    found = re.search(rf"^{title}\n([-~])\1+\n(.*?)(?=^\S[^\n]*\n[-~]+\n|\Z)", PAGE, re.M | re.S)
    assert found, title
    return found[2]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_field_is_named_where_its_model_is(model):
    text = section(model.__name__) + (section("All work") if issubclass(model, Job) else "")
    named = set(re.findall(r"``(\w+)``", text))
    assert {field.name for field in model._meta.concrete_fields} - named == set()


def test_what_is_left_out_of_an_answer_is_told():
    told = section("A request for access").split("but ")[1].split(", and all")[0]
    assert set(re.findall(r"``(\w+)``", told)) == LEFT_OUT
