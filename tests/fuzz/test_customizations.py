"""Customisations from Avaturn and from people."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
from drf_spectacular.settings import patched_settings
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from django_avaturn.client import Customization
from django_avaturn.client.customization import FIELDS
from django_avaturn.client.fitting import BONES, SLOTS
from django_avaturn.exceptions import CustomizationInvalid
from django_avaturn.rest.customizations import CustomizationSerializer
from django_avaturn.rest.openapi.customizations import written

from .inputs import ANY_TEXT, JSON, UUIDS, objects, tries

COLOURS = {"hair_and_headwear": ["#6d4539"], "eyewear": ["#22222280"]}
ODD_COLOURS = ["#6D4539\n", "#22222280", "#22222", None]


def assets(slot):
    """What a slot takes, more often than not."""
    colours = COLOURS.get(slot, []) * 9 + ODD_COLOURS
    more = objects({"color": st.sampled_from(colours)})
    return st.builds(lambda asset_id, told: {"id": asset_id, **told}, UUIDS, more) | st.none()


def numbers(limit):
    """Up to the very limit, and now and then a little further."""
    return st.sampled_from([-limit, limit, 0, 1.5] * 3 + [-limit - 0.1, limit + 0.1])


LOOKS = objects(
    {
        "assets": objects({slot: assets(slot) for slot in SLOTS}),
        "body": st.sampled_from(["body_0", "body_1234"] * 3 + ["body_12345", "body_0\n"]),
        "age": st.sampled_from(["adult", "x" * 64] * 3 + ["x" * 65]),
        "metadata": st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=2),
        "bone_scale": objects({bone: numbers(100) for bone in BONES}),
        "skin_tone_correction": numbers(50),
    }
)


@tries(120)
@given(answer=LOOKS | JSON)
def test_read(answer):
    """What is not known is kept, and what was read can be sent back."""
    try:
        worn = Customization.parse(answer)
    except (KeyError, TypeError, ValueError):
        return
    sent = worn.as_json()
    assert sent.keys() == answer.keys() | FIELDS.keys()
    json.dumps(sent)
    json.dumps(CustomizationSerializer(worn).data)


@tries(120)
@given(look=LOOKS)
def test_validation(look):
    """It knows but one error; whatever fits can be sent."""
    told = Customization(**{name: look[name] for name in FIELDS if name in look})
    try:
        told.validate()
    except CustomizationInvalid as error:
        assert error.errors.keys() <= FIELDS.keys()
    else:
        json.dumps(told.as_json())


@cache
def validator():
    """The schema that clients are made from, in the words of JSON Schema."""
    with patched_settings({"OAS_VERSION": "3.1.0"}):
        told = json.dumps(written(), default=str)
    checker = jsonschema.FormatChecker(["uuid"])
    # Python's $ admits a line feed before the end, that of other languages does not.
    return jsonschema.Draft202012Validator(
        json.loads(told.replace('$"', '\\\\Z"')), format_checker=checker
    )


@tries(120)
@given(look=LOOKS | JSON)
def test_rest_takes_what_its_schema_says(look):
    try:
        json.dumps(look, allow_nan=False)
        json.dumps(look, ensure_ascii=False).encode()
    except ValueError:  # no JSON, or half a surrogate pair, of which no schema can tell
        return
    serializer = CustomizationSerializer(data=look)
    taken = serializer.is_valid()
    JSONRenderer().render(serializer.errors)
    assert validator().is_valid(look) == taken, serializer.errors
