"""Customisations that do not fit: a clear 4xx, nothing changed, Avaturn not asked."""

from __future__ import annotations

from uuid import uuid4

import pytest

from .customizing import BOOTS, GLASSES, HAIR, HOODIE, LOOK, put, state

ID = {"id": HOODIE}


def slot(name, item):
    return {"assets": {name: item}}, f"assets.{name}"


MISFITS = [
    ([], "non_field_errors"),
    ([LOOK], "non_field_errors"),
    ({}, "non_field_errors"),
    (None, "non_field_errors"),
    ("text", "non_field_errors"),
    (7, "non_field_errors"),
    ({"skin_tone_correction": 50.1}, "skin_tone_correction"),
    ({"skin_tone_correction": True}, "skin_tone_correction"),
    ({"skin_tone_correction": "5"}, "skin_tone_correction"),
    (b'{"skin_tone_correction": 1e999}', "skin_tone_correction"),
    ({"skin_tone_correction": 10**300}, "skin_tone_correction"),
    *(({"bone_scale": {bone: 101}}, f"bone_scale.{bone}") for bone in ("head", "arms", "chest")),
    ({"bone_scale": {"head": False}}, "bone_scale.head"),
    ({"bone_scale": {"tail": 1}}, "bone_scale.tail"),
    ({"bone_scale": [1, 2, 3]}, "bone_scale"),
    *(({"body": body}, "body") for body in ("body_", "body_x", "head_0", 0, None, ["body_0"])),
    ({"age": ""}, "age"),
    ({"age": 30}, "age"),
    ({"metadata": {"a": 1}}, "metadata"),
    ({"metadata": {"a": {"b": {"c": "d"}}}}, "metadata"),
    ({"metadata": [["a", "b"]]}, "metadata"),
    ({"metadata": {"k": "x" * 10_000}}, "metadata"),
    (b'{"metadata": {"\\ud800": "x"}}', "metadata"),
    (b'{"metadata": {"deep": ' + b"[" * 500 + b"]" * 500 + b"}}", "metadata"),
    ({"assets": [ID]}, "assets"),
    ({"assets": None}, "assets"),
    slot("gloves", ID),
    slot("hairAndHeadwear", ID),
    (b'{"assets": {"\\ud800": null}}', "assets.?"),
    *(slot("clothing", item) for item in (HOODIE, [], {}, {"id": "hoodie"}, {"id": 7}, True)),
    slot("clothing", {**ID, "color": "#6d4539"}),
    slot("footwear", {"id": BOOTS, "color": "#22222280"}),
    *(slot("hair_and_headwear", {"id": HAIR, "color": c}) for c in ("brown", "#22222280", 7, "#")),
    *(slot("eyewear", {"id": GLASSES, "color": c}) for c in ("#222222", "transparent")),
    slot("clothing", {**ID, "size": "xl"}),
    ({"skin_tone_corection": 5}, "skin_tone_corection"),
    ({**LOOK, "avatar_id": str(uuid4())}, "avatar_id"),
    (b'{"\\ud800": 1}', "?"),
]


@pytest.mark.parametrize(("body", "place"), MISFITS)
def test_what_does_not_fit(as_ann, avatar, sandbox, body, place):
    before = state(sandbox, avatar)
    response = put(as_ann, avatar, body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    field, _, inner = place.partition(".")
    found = response.json()["errors"]
    assert list(found) == [field]
    if inner:
        assert list(found[field]) == [inner]
        found = found[field]
    [message] = found[inner or field]
    assert message
    assert state(sandbox, avatar) == before
    assert not sandbox.calls


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"skin_tone_correction": NaN}', 400, "parse_error"),
        (b'{"bone_scale": {"head": -Infinity}}', 400, "parse_error"),
        (b'{"skin_tone_correction": ' + b"9" * 5000 + b"}", 400, "parse_error"),
        (b"{", 400, "parse_error"),
        (b"\xff\xfe", 400, "parse_error"),
        (b"[" * 60_000, 400, "parse_error"),
        (b'{"metadata": ' * 4_000, 400, "parse_error"),
        (b" " * 70_000, 413, "too_large"),
        ({"metadata": {"k": "x" * 3_000_000}}, 413, "too_large"),
    ],
    ids=["nan", "infinity", "digits", "cut", "bytes", "deep", "deep objects", "long", "huge"],
)
def test_what_cannot_be_read(as_ann, avatar, sandbox, body, status, code):
    before = state(sandbox, avatar)
    response = put(as_ann, avatar, body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["detail"]
    assert state(sandbox, avatar) == before
    assert not sandbox.calls


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "text/plain", ""])
def test_only_json_is_taken(as_ann, avatar, sandbox, kind):
    response = put(as_ann, avatar, content_type=kind)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert not sandbox.calls


def test_not_a_number_where_the_site_admits_it(as_ann, avatar, sandbox, settings):
    settings.REST_FRAMEWORK = {**getattr(settings, "REST_FRAMEWORK", {}), "STRICT_JSON": False}
    response = put(as_ann, avatar, b'{"skin_tone_correction": NaN}')
    assert response.status_code == 400
    assert not sandbox.calls


def test_all_errors_at_once(as_ann, avatar, sandbox):
    wrong = {
        "assets": {"gloves": ID, "clothing": {**ID, "size": 1}, "footwear": {"id": BOOTS}},
        "bone_scale": {"head": 101, "arms": 0},
        "body": "b",
        "colour": 1,
    }
    errors = put(as_ann, avatar, wrong).json()["errors"]
    assert errors.keys() == {"assets", "bone_scale", "body", "colour"}
    assert errors["assets"].keys() == {"gloves", "clothing"}
    assert errors["bone_scale"] == {"head": ["This must be a number from -100 to 100."]}
