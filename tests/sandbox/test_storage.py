from urllib.parse import urlsplit

import pytest


@pytest.fixture
def link(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    path = f"/api/v1/exports/new?avatar_id={avatar}"
    call("POST", path)
    return call("POST", path).json()["url"]


def test_a_model_comes_without_a_token(call, link):
    answer = call("GET", link, token=None)

    assert answer.status == 200
    assert answer.content_type == "model/gltf-binary"
    assert answer.body[:4] == b"glTF"
    assert urlsplit(link).path.startswith("/files/")
    assert link.endswith(".glb")


def test_a_link_ends_after_fifteen_minutes(call, sandbox, link):
    sandbox.clock.advance(899)
    assert call("GET", link, token=None).status == 200
    sandbox.clock.advance(2)
    assert call("GET", link, token=None).status == 403


def test_a_link_ends_with_its_avatar(call, sandbox, link):
    (user,) = sandbox.users
    call("DELETE", f"/api/v1/users/{user}")

    assert call("GET", link, token=None).status == 404


@pytest.mark.parametrize("kind", ["glb", "png"])
def test_a_guessed_link_is_not_found(call, link, kind):
    assert call("GET", f"/files/guess.{kind}", token=None).status == 404


def test_a_link_of_the_editor_is_not_guessed_from_one_of_the_api(call, link):
    token = urlsplit(link).path.removeprefix("/files/").removesuffix(".glb")
    for guess in ("guess", token):
        assert call("GET", f"/avatars/exports/{guess}/model", token=None).status == 404


def test_a_model_can_be_as_large_as_wanted(call, sandbox, link):
    sandbox.export_bytes = 3_000_001

    body = call("GET", link, token=None).body

    assert 3_000_001 <= len(body) < 3_000_020
    assert int.from_bytes(body[8:12], "little") == len(body)
