import itertools
import json
import random
import struct

import pytest

from django_avaturn.sandbox import catalogue
from django_avaturn.sandbox.drawing import CROPS, picture
from django_avaturn.sandbox.geometry.figure import figure
from django_avaturn.sandbox.geometry.part import Part
from django_avaturn.sandbox.geometry.raster import Crop, paint
from django_avaturn.sandbox.geometry.shapes import Mesh
from django_avaturn.sandbox.look import Look, from_customization, from_mapping, to_customization
from django_avaturn.sandbox.model import model_bytes


def read(model: bytes):
    magic, version, length = struct.unpack_from("<4sII", model)
    assert (magic, version, length) == (b"glTF", 2, len(model))
    json_length, kind = struct.unpack_from("<I4s", model, 12)
    assert kind == b"JSON"
    document = json.loads(model[20 : 20 + json_length])
    binary_length, kind = struct.unpack_from("<I4s", model, 20 + json_length)
    assert kind == b"BIN\0"
    binary = model[28 + json_length : 28 + json_length + binary_length]
    assert document["buffers"] == [{"byteLength": len(binary)}]
    return document, binary


def extent(document):
    accessors = document["accessors"]
    bounds = [
        accessors[mesh["primitives"][0]["attributes"]["POSITION"]] for mesh in document["meshes"]
    ]
    low = [min(one["min"][axis] for one in bounds) for axis in range(3)]
    high = [max(one["max"][axis] for one in bounds) for axis in range(3)]
    return low, high


def test_the_file_describes_itself_consistently():
    document, binary = read(model_bytes(Look()))

    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(binary)
    for mesh in document["meshes"]:
        (primitive,) = mesh["primitives"]
        vertices = document["accessors"][primitive["attributes"]["POSITION"]]["count"]
        indices = document["accessors"][primitive["indices"]]
        view = document["bufferViews"][indices["bufferView"]]
        values = struct.unpack_from(f"<{indices['count']}H", binary, view["byteOffset"])
        assert max(values) < vertices
        assert indices["count"] % 3 == 0


def test_the_parts_have_the_service_s_names():
    document, _ = read(model_bytes(Look()))

    names = {mesh["name"] for mesh in document["meshes"]}
    assert names >= {"avaturn_body", "avaturn_hair_0", "avaturn_look_0", "avaturn_shoes_0"}
    assert len(document["materials"]) == len(document["meshes"]) == len(document["nodes"])


@pytest.mark.parametrize("body", [body.id for body in catalogue.BODIES])
def test_a_figure_stands_on_the_ground_and_is_as_tall_as_a_person(body):
    low, high = extent(read(model_bytes(Look(body)))[0])

    assert abs(low[1]) < 0.01
    assert 1.55 < high[1] < 1.85
    assert -0.5 < low[0] < -0.2
    assert 0.2 < high[0] < 0.5


def test_the_toes_point_forward():
    (shoes,) = [part for part in figure(Look()) if part.name == "avaturn_shoes_0"]
    depths = [z for _, _, z in shoes.mesh.positions]

    assert max(depths) > -min(depths)


@pytest.mark.parametrize("asset", catalogue.ASSETS, ids=lambda asset: asset.name)
def test_every_asset_changes_the_model(asset):
    bare = from_mapping({slot: catalogue.EMPTY for slot in catalogue.API_SLOTS})
    dressed = from_mapping({asset.slot: asset.name}, bare)

    assert model_bytes(dressed) != model_bytes(bare)


@pytest.mark.parametrize(
    "change",
    [
        {"skin": 50},
        {"hair_color": "#ff0000"},
        {"head": 60},
        {"arms": -60},
        {"chest": 60},
        {"eyes": "green"},
        {"body": "body_3"},
    ],
    ids=str,
)
def test_every_change_changes_the_model(change):
    assert model_bytes(from_mapping(change)) != model_bytes(Look())


def test_faces_look_outward():
    for part in figure(Look(hair="none", outfit="none", shoes="none")):
        if part.name not in {"avaturn_body", "avaturn_head"}:
            continue
        volume = 0.0
        for a, b, c in part.mesh.triangles:
            p, q, r = (part.mesh.positions[index] for index in (a, b, c))
            volume += p[0] * (q[1] * r[2] - q[2] * r[1])
            volume += p[1] * (q[2] * r[0] - q[0] * r[2])
            volume += p[2] * (q[0] * r[1] - q[1] * r[0])
        assert volume > 0


def test_a_look_survives_the_way_to_the_api_and_back():
    names = itertools.product(("curly", "none"), ("suit", "none"), ("boots", "none"), ("shades",))
    for hair, outfit, shoes, glasses in names:
        look = Look("body_2", 30, hair, outfit=outfit, shoes=shoes, glasses=glasses, eyes="green")
        if hair == "none":
            continue  # a bald head has no hair colour to keep
        assert from_customization(to_customization(look), "green") == look


@pytest.mark.parametrize(
    "given",
    [{"skin": "nan"}, {"skin": "much"}, {"hair": "mohawk"}, {"hair_color": "red"}, {"eyes": 5}],
)
def test_nonsense_keeps_what_was_there(given):
    assert from_mapping(given) == Look()


@pytest.mark.parametrize("body", ["body_99999", "body_" + "9" * 6000])
def test_any_body_number_finds_a_preset(body):
    assert from_customization({"body": body}).body in {one.id for one in catalogue.BODIES}


@pytest.mark.parametrize("crop", CROPS)
def test_pictures_are_png(crop):
    png = picture(Look(glasses="round"), crop, 48)

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">I", png, 20) == (48,)


def test_a_picture_survives_triangles_that_are_too_thin_for_a_slope():
    """Seen from one corner such a triangle has an area, from another rounding leaves none."""
    dice = random.Random(1)
    mesh = Mesh()
    for first in range(0, 9000, 3):
        a, b = [(dice.random(), dice.random(), dice.random()) for _ in "ab"]
        share = dice.random()
        on_the_line = tuple(x + (y - x) * share for x, y in zip(a, b, strict=True))
        mesh.positions += [a, b, on_the_line]
        mesh.triangles += [(first, first + 1, first + 2), (first, first + 2, first + 1)]

    png = paint([Part("avaturn_body", "#ff0000", mesh)], Crop(-0.5, 0, 2, 1), 48)

    assert struct.unpack_from(">II", png, 16) == (96, 48)
