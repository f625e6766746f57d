"""Models of the two avatar types: T2 has blendshapes, T1 has none."""

import base64
import struct
from urllib.parse import parse_qs, urlsplit

import pytest

from django_avaturn.sandbox.look import STARTERS, Look
from django_avaturn.sandbox.model import model_bytes
from tests.sandbox.conftest import export
from tests.sandbox.test_model import extent, read

NAMES = {
    "jawOpen",
    "mouthSmileLeft",
    "mouthSmileRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "browInnerUp",
    "viseme_sil",
    "viseme_aa",
    "viseme_O",
}
STILL = "viseme_sil"


def vectors(document, binary, index):
    accessor = document["accessors"][index]
    assert (accessor["componentType"], accessor["type"]) == (5126, "VEC3")
    view = document["bufferViews"][accessor["bufferView"]]
    assert view["byteLength"] == 12 * accessor["count"]
    flat = struct.unpack_from(f"<{3 * accessor['count']}f", binary, view["byteOffset"])
    for axis in range(3):
        assert accessor["min"][axis] == min(flat[axis::3])
        assert accessor["max"][axis] == max(flat[axis::3])
    return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))


def moved(model, mesh_name, shape):
    """Positions that a shape moves, with the way each goes."""
    document, binary = read(model)
    (mesh,) = [one for one in document["meshes"] if one["name"] == mesh_name]
    number = mesh["extras"]["targetNames"].index(shape)
    found = []
    for primitive in mesh["primitives"]:
        points = vectors(document, binary, primitive["attributes"]["POSITION"])
        ways = vectors(document, binary, primitive["targets"][number]["POSITION"])
        pairs = zip(points, ways, strict=True)
        found += [(point, way) for point, way in pairs if max(map(abs, way)) > 1e-4]
    return found


@pytest.mark.parametrize("look", STARTERS.values(), ids=STARTERS)
def test_a_t2_file_is_consistent(look):
    document, binary = read(model_bytes(look, animated=True))

    animated = [mesh for mesh in document["meshes"] if "extras" in mesh]
    assert {mesh["name"] for mesh in animated} == {"Head_Mesh", "Eye_Mesh"}
    for mesh in animated:
        names = mesh["extras"]["targetNames"]
        assert names and set(names) >= NAMES
        assert len(names) == len(set(names))
        assert mesh["weights"] == [0] * len(names)
        for primitive in mesh["primitives"]:
            assert len(primitive["targets"]) == len(names)
            count = document["accessors"][primitive["attributes"]["POSITION"]]["count"]
            for target in primitive["targets"]:
                assert len(vectors(document, binary, target["POSITION"])) == count
    for mesh in document["meshes"]:
        if mesh not in animated:
            assert all("targets" not in one for one in mesh["primitives"])
    assert len(document["nodes"]) == len({node["name"] for node in document["nodes"]})


def test_a_t1_file_has_no_blendshapes():
    document, _ = read(model_bytes(Look()))

    assert not [mesh for mesh in document["meshes"] if "extras" in mesh or "weights" in mesh]
    assert not any("targets" in one for mesh in document["meshes"] for one in mesh["primitives"])


def test_both_types_show_the_same_figure():
    first, second = (read(model_bytes(Look(), animated=one))[0] for one in (False, True))

    assert [mesh["name"] for mesh in second["meshes"]][:3] == ["Body_Mesh", "Head_Mesh", "Eye_Mesh"]
    assert len(first["materials"]) == len(second["materials"])
    assert extent(first)[1] == extent(second)[1]


@pytest.mark.parametrize("look", [Look(), Look("body_3", head=80), Look("body_1", head=-80)])
def test_shapes_move_what_their_names_say(look):
    model = model_bytes(look, animated=True)

    assert not moved(model, "Head_Mesh", STILL)
    assert all(way[1] < 0 for _, way in moved(model, "Head_Mesh", "jawOpen"))
    for shape, side in (("Left", 1), ("Right", -1)):
        eye = moved(model, "Eye_Mesh", f"eyeBlink{shape}")
        assert eye and all(point[0] * side > 0 for point, _ in eye)
        closed = [point[1] + way[1] for point, way in eye]
        assert max(closed) - min(closed) < 0.006
        smile = [way[1] for point, way in moved(model, "Head_Mesh", f"mouthSmile{shape}")]
        assert max(smile) > 0.005


def test_what_a_face_does_grows_with_the_head():
    def most(look):
        ways = moved(model_bytes(look, animated=True), "Head_Mesh", "jawOpen")
        return -min(way[1] for _, way in ways)

    assert most(Look(head=100)) == pytest.approx(1.14 * most(Look()), rel=0.01)


def is_animated(model):
    return any("targets" in one for mesh in read(model)[0]["meshes"] for one in mesh["primitives"])


@pytest.mark.parametrize(("kind", "animated"), [("T1", False), ("T2", True)])
def test_the_type_counts_for_exports_of_the_api(call, sandbox, avatar, kind, animated):
    sandbox.avatar_type = kind
    export(call, avatar)
    link = export(call, avatar)["url"]
    sandbox.avatar_type = "T1"

    assert is_animated(call("GET", link, token=None).body) is animated


@pytest.mark.parametrize("link", ["dataURL", "httpURL"])
@pytest.mark.parametrize(("kind", "animated"), [("T1", False), ("T2", True)])
def test_the_type_counts_for_exports_of_the_editor(
    call, sandbox, user, avatar, kind, animated, link
):
    sandbox.avatar_type, sandbox.export_kind = kind, link
    token = parse_qs(urlsplit(call.session(user)["url"]).query)["token"][0]

    result = call("POST", f"/editor/avatars/{avatar}/export", {"look": {}}, token=token).json()
    sandbox.avatar_type = "T1"

    assert result["avatarSupportsFaceAnimations"] is animated
    if link == "dataURL":
        model = base64.b64decode(result["url"].partition(",")[2])
    else:
        model = call("GET", result["url"], token=None).body
    assert is_animated(model) is animated


def test_an_animated_model_can_be_padded_too(call, sandbox, avatar):
    model = model_bytes(Look(), 2_000_000, animated=True)

    assert len(model) >= 2_000_000
    assert int.from_bytes(model[8:12], "little") == len(model)
