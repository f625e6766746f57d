"""What an avatar wears: read leniently, written back whole, checked before it is written."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from django_avaturn.client import Asset, Customization
from django_avaturn.exceptions import CustomizationInvalid

from .calls import NAMED, WORN
from .server import Answer, Server

ID = "018ee7a6-7b80-7c07-a9fa-d0a07bd40001"
ASSET = {"id": ID}
NEW = {"future": {"field": [1, None]}}
STILL = {"head": 0, "arms": 0, "chest": 0}
PLAIN = {
    "assets": {},
    "body": "body_0",
    "age": "adult",
    "metadata": {},
    "bone_scale": STILL,
    "skin_tone_correction": 0,
}


def get(server: Server, api: Any, answer: Any) -> Customization:
    server.answers(Answer(200, answer))
    return NAMED["get-customization"].make(api)


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        ({}, {}),
        ({"assets": None, "age": None, "bone_scale": None}, {}),
        ({"assets": {"eyewear": None}}, {"assets": {"eyewear": None}}),
        ({"assets": {"gloves": ASSET}}, {"assets": {"gloves": ASSET}}),
        ({"assets": {"gloves": ["?"]}}, {"assets": {"gloves": ["?"]}}),
        ({"assets": {"clothing": {"id": 7}}}, {"assets": {"clothing": {"id": 7}}}),
        ({"assets": {"clothing": {**ASSET, **NEW}}}, {"assets": {"clothing": {**ASSET, **NEW}}}),
        (
            {"assets": {"eyewear": {**ASSET, "color": None}}},
            {"assets": {"eyewear": {**ASSET, "color": None}}},
        ),
        ({"body": "body_77", "age": "brand_new"}, {"body": "body_77", "age": "brand_new"}),
        ({"body": "elf"}, {"body": "elf"}),
        ({"skin_tone_correction": 2}, {"skin_tone_correction": 2}),
        ({"skin_tone_correction": -200.5}, {"skin_tone_correction": -200.5}),
        ({"bone_scale": {"head": 1000}}, {"bone_scale": {**STILL, "head": 1000}}),
        ({"bone_scale": {"tail": 0.5}}, {"bone_scale": {**STILL, "tail": 0.5}}),
        ({"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
        (WORN, WORN),
    ],
)
def test_what_was_read_can_be_written(
    server: Server, api: Any, answer: dict[str, Any], written: dict[str, Any]
) -> None:
    """Nothing is lost on the way back, and nothing is left out."""
    worn = get(server, api, {**answer, **NEW})
    assert worn.raw == {**answer, **NEW}
    assert worn.as_json() == {**PLAIN, **written, **NEW}

    server.answers(Answer(202))
    api.set_customization(UUID(ID), worn)
    assert server.requests[-1].json == worn.as_json()


def test_assets_are_typed(server: Server, api: Any) -> None:
    worn = get(server, api, WORN)
    hair = Asset(UUID(WORN["assets"]["hair_and_headwear"]["id"]), "#6d4539")
    assert worn.assets["hair_and_headwear"] == hair
    assert worn.assets["clothing"] == Asset(UUID(ID))
    assert worn.assets["eyewear"] is None


def test_one_thing_is_changed_in_a_copy() -> None:
    worn = Customization.parse({**WORN, **NEW})
    changed = replace(worn, assets={**worn.assets, "eyewear": Asset(UUID(ID), "#22222280")})
    eyewear = {"eyewear": {"id": ID, "color": "#22222280"}}
    assert changed.as_json() == {**WORN, **NEW, "assets": {**WORN["assets"], **eyewear}}
    assert worn.as_json() == {**WORN, **NEW}


@pytest.mark.parametrize("asset", [Asset(UUID(ID)), ASSET, {"id": UUID(ID)}, {"id": ID.upper()}])
def test_assets_may_be_given_in_either_form(asset: Any) -> None:
    made = Customization(assets={"clothing": asset})
    assert made.assets == {"clothing": Asset(UUID(ID))}
    assert made.as_json() == {**PLAIN, "assets": {"clothing": ASSET}}
    made.validate()


HAIR, EYEWEAR = "hair_and_headwear", "eyewear"
FITTING = {
    "nothing": {},
    "all": {**WORN},
    "ends": {
        "bone_scale": {"head": -100, "arms": 100, "chest": 99.5},
        "skin_tone_correction": -50,
    },
    "other ends": {"skin_tone_correction": 50.0, "body": "body_12", "age": "child"},
    "empty slots": {"assets": dict.fromkeys(["clothing", HAIR, EYEWEAR, "footwear"])},
    "colours": {
        "assets": {HAIR: {**ASSET, "color": "#ABCDEF"}, EYEWEAR: {**ASSET, "color": "#abcdef00"}}
    },
    "no colours": {"assets": {HAIR: ASSET, EYEWEAR: {**ASSET, "color": None}}},
    "metadata": {"metadata": {"ключ": "значение 🙂", "": ""}},
    "long metadata": {"metadata": {"k": "x" * 9_999}},
    "unknown keys": {"assets": {"clothing": {**ASSET, **NEW}}},
}


@pytest.mark.parametrize("name", FITTING)
def test_what_fits(name: str) -> None:
    Customization(**FITTING[name]).validate()


def number(value: Any) -> list[tuple[dict[str, Any], str]]:
    return [
        ({"skin_tone_correction": value}, "skin_tone_correction"),
        ({"bone_scale": {"arms": value}}, "bone_scale.arms"),
    ]


def slot(name: str, item: Any) -> tuple[dict[str, Any], str]:
    return {"assets": {name: item}}, f"assets.{name}"


MISFITS = [
    *(case for value in ("1", True, None, [1], float("nan")) for case in number(value)),
    *(case for value in (float("inf"), -float("inf"), 10**400) for case in number(value)),
    ({"skin_tone_correction": 50.5}, "skin_tone_correction"),
    ({"skin_tone_correction": -51}, "skin_tone_correction"),
    *(({"bone_scale": {bone: 100.5}}, f"bone_scale.{bone}") for bone in STILL),
    ({"bone_scale": {"head": -101}}, "bone_scale.head"),
    ({"bone_scale": {"tail": 0}}, "bone_scale.tail"),
    ({"bone_scale": [0, 0, 0]}, "bone_scale"),
    ({"bone_scale": None}, "bone_scale"),
    *(({"body": body}, "body") for body in ("", "body_", "body_x", "body_0\n", "body_٣", 0, None)),
    *(({"age": age}, "age") for age in ("", " ", "x" * 65, "\ud800", 7, None)),
    ({"metadata": ["a"]}, "metadata"),
    ({"metadata": None}, "metadata"),
    *(({"metadata": {"a": value}}, "metadata") for value in (1, None, {"b": "c"}, "\ud800")),
    ({"metadata": {"\udfff": "a"}}, "metadata"),
    ({"metadata": {"k": "x" * 10_000}}, "metadata"),
    ({"metadata": {str(key): "x" for key in range(3_000)}}, "metadata"),
    ({"assets": ["clothing"]}, "assets"),
    ({"assets": None}, "assets"),
    slot("gloves", ASSET),
    slot("gloves", None),
    ({"assets": {"<b>\ud800": ASSET}}, "assets.?"),
    ({"assets": {7: ASSET}}, "assets.?"),
    *(slot("clothing", item) for item in ([], "x", 7, True, {}, {"id": None}, {"id": "me"})),
    slot("clothing", {"id": 7}),
    slot("clothing", {"id": [ID]}),
    slot("clothing", {**ASSET, "color": "#6d4539"}),
    slot("footwear", {**ASSET, "color": "#6d4539"}),
    *(slot(HAIR, {**ASSET, "color": bad}) for bad in ("red", "#6d453", "#6d453980", "#6d453g", 7)),
    slot(HAIR, {**ASSET, "color": "#6d4539\n"}),
    *(slot(EYEWEAR, {**ASSET, "color": bad}) for bad in ("#222222", "transparent", "#2222228", [])),
]


@pytest.mark.parametrize(("fields", "place"), MISFITS)
def test_what_does_not_fit(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(CustomizationInvalid) as caught:
        Customization(**fields).validate()

    field, _, inner = place.partition(".")
    found: Any = caught.value.errors
    assert list(found) == [field]
    if inner:
        found = found[field]
        assert list(found) == [inner]
    [message] = found[inner or field]
    assert message.endswith(".")
    assert str(caught.value) == f"The customisation has errors in: {field}."
    assert isinstance(caught.value, ValueError)


def test_all_errors_are_told_at_once() -> None:
    wrong = Customization(
        assets={"gloves": None, HAIR: {**ASSET, "color": "red"}},
        bone_scale={"head": 101, "arms": -101, "chest": 0},
        skin_tone_correction=51,
    )
    with pytest.raises(CustomizationInvalid) as caught:
        wrong.validate()
    assert caught.value.errors == {
        "assets": {
            "gloves": ["There is no such slot."],
            HAIR: ["Write 'color' like #6d4539."],
        },
        "bone_scale": {
            "head": ["This must be a number from -100 to 100."],
            "arms": ["This must be a number from -100 to 100."],
        },
        "skin_tone_correction": ["This must be a number from -50 to 50."],
    }
    for twin in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert (type(twin), twin.errors) == (CustomizationInvalid, caught.value.errors)
