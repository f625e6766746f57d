import re
import uuid

import pytest

from django_avaturn.sandbox import Sandbox

CUSTOM = {
    "assets": {
        "clothing": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40001"},
        "hair_and_headwear": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40002", "color": "#6d4539"},
        "eyewear": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40003", "color": "#22222280"},
        "footwear": {"id": "018ee7a6-7b80-7c07-a9fa-d0a07bd40004"},
    },
    "body": "body_0",
    "age": "adult",
    "metadata": {"season": "spring"},
    "bone_scale": {"head": 0, "arms": 0, "chest": 0},
    "skin_tone_correction": 10,
}
NOBODY = "NOBODY"
NOTHING = str(uuid.UUID(int=7))


def test_a_user_gets_an_opaque_id(call):
    ids = {call("POST", "/api/v1/users/new", {}).json()["id"] for _ in range(3)}

    assert len(ids) == 3
    assert all(re.fullmatch("[A-Z2-7]{32}", one) for one in ids)


@pytest.mark.parametrize("token", [None, "", "wrong", "sandbox-token-and-more"])
def test_without_the_token_nothing_happens(call, sandbox, token):
    answer = call("POST", "/api/v1/users/new", token=token)

    assert (answer.status, answer.json()) == (401, {"detail": "Not authenticated"})
    assert not sandbox.users
    assert sandbox.count("createUser") == 1


def test_an_empty_project_token_opens_nothing():
    from tests.sandbox.conftest import Caller

    closed = Sandbox(tokens=("", "real"))

    assert Caller(closed)("POST", "/api/v1/users/new", token="").status == 401


def test_a_missing_token_can_be_a_403(call, sandbox):
    sandbox.missing_token_status = 403

    assert call("POST", "/api/v1/users/new", token=None).status == 403


def test_the_list_holds_ready_avatars_unless_asked_for_all(call, sandbox):
    user = sandbox.add_user()
    ready, failed = sandbox.add_avatar(user), sandbox.add_avatar(user)
    sandbox.set_status(failed, "failed")
    path = f"/api/v1/users/{user}/avatars"

    assert call("GET", path).json() == [{"id": ready, "status": "ready"}]
    assert call("GET", f"{path}?include_not_ready=true").json() == [
        {"id": ready, "status": "ready"},
        {"id": failed, "status": "failed"},
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", f"/api/v1/users/{NOBODY}", None),
        ("GET", f"/api/v1/users/{NOBODY}/avatars", None),
        ("DELETE", f"/api/v1/users/{NOBODY}/avatars/{NOTHING}", None),
        ("POST", "/api/v1/sessions/new", {"user_id": NOBODY}),
        ("POST", "/api/v1/avatars/new", {"user_id": NOBODY}),
        ("GET", f"/api/v1/avatars/{NOTHING}/customization", None),
        ("PUT", f"/api/v1/avatars/{NOTHING}/customization", CUSTOM),
        ("POST", f"/api/v1/exports/new?avatar_id={NOTHING}", None),
        ("POST", f"/api/v1/renders/new?avatar_id={NOTHING}&scene=common/preview", None),
        ("GET", "/api/v1/nowhere", None),
    ],
)
def test_what_is_not_there_is_a_404(call, method, path, body):
    answer = call(method, path, body)

    assert answer.status == 404
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    ("method", "path", "body", "loc", "kind"),
    [
        ("POST", "/api/v1/sessions/new", {}, ["body", "user_id"], "missing"),
        ("POST", "/api/v1/sessions/new", {"user_id": 5}, ["body", "user_id"], "string_type"),
        (
            "POST",
            "/api/v1/sessions/new",
            {"user_id": "x", "config": {"type": "edit-existing"}},
            ["body", "config"],
            "union_tag_invalid",
        ),
        (
            "POST",
            "/api/v1/sessions/new",
            {"user_id": "x", "config": {"avatar_id": NOTHING}},
            ["body", "config"],
            "union_tag_not_found",
        ),
        (
            "POST",
            "/api/v1/sessions/new",
            {"user_id": "x", "config": "create"},
            ["body", "config"],
            "model_attributes_type",
        ),
        (
            "POST",
            "/api/v1/sessions/new",
            {"user_id": "x", "config": {"type": "edit_existing", "avatar_id": 5}},
            ["body", "config", "avatar_id"],
            "uuid_type",
        ),
        (
            "PUT",
            f"/api/v1/avatars/{NOTHING}/customization",
            {**CUSTOM, "metadata": ["spring"]},
            ["body", "metadata"],
            "dict_type",
        ),
        (
            "POST",
            "/api/v1/sessions/new",
            {"user_id": "x", "config": {"type": "edit_existing", "avatar_id": "abc"}},
            ["body", "config", "avatar_id"],
            "uuid_parsing",
        ),
        ("POST", "/api/v1/avatars/new", [], ["body"], "model_attributes_type"),
        ("GET", "/api/v1/avatars/abc/customization", None, ["path", "id"], "uuid_parsing"),
        ("POST", "/api/v1/exports/new", None, ["query", "avatar_id"], "missing"),
        ("POST", "/api/v1/exports/new?avatar_id=abc", None, ["query", "avatar_id"], "uuid_parsing"),
        (
            "POST",
            f"/api/v1/renders/new?avatar_id={NOTHING}&scene=a-b",
            None,
            ["query", "scene"],
            "string_pattern_mismatch",
        ),
        (
            "POST",
            f"/api/v1/renders/new?avatar_id={NOTHING}&scene=a&format=gif",
            None,
            ["query", "format"],
            "literal_error",
        ),
        (
            "GET",
            "/api/v1/users/x/avatars?include_not_ready=maybe",
            None,
            ["query", "include_not_ready"],
            "bool_parsing",
        ),
    ],
)
def test_what_does_not_fit_the_schema_is_a_422(call, method, path, body, loc, kind):
    answer = call(method, path, body)

    assert answer.status == 422
    (wrong,) = answer.json()["detail"]
    assert (wrong["loc"], wrong["type"]) == (loc, kind)
    assert wrong["msg"]


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_422(call, body):
    assert call("POST", "/api/v1/avatars/new", body=body).status == 422


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 422),
        ("application/x-www-form-urlencoded", 422),
        ("application/json; charset=utf-8", 200),
        ("application/vnd.api+json", 200),
    ],
)
def test_only_a_body_that_calls_itself_json_is_read(call, user, kind, status):
    body = f'{{"user_id": "{user}"}}'.encode()
    answer = call("POST", "/api/v1/avatars/new", body=body, headers={"Content-Type": kind})

    assert answer.status == status
    if status == 422:
        (wrong,) = answer.json()["detail"]
        assert (wrong["loc"], wrong["type"]) == (["body"], "model_attributes_type")
        assert wrong["input"] == body.decode()


def test_unknown_keys_are_ignored(call, sandbox):
    body = {
        "user_id": sandbox.add_user(),
        "session_type": "x",
        "config": {"type": "create", "a": 1},
    }

    assert call("POST", "/api/v1/sessions/new", body).status == 200


def test_a_wrong_method_is_a_405(call):
    answer = call("GET", "/api/v1/users/new")

    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]


def test_a_session_has_an_absolute_link(call, sandbox):
    answer = call.session(sandbox.add_user())

    assert answer["url"].startswith(f"http://sandbox.test/editor?session_id={answer['id']}&token=")
    assert answer["custom_upload_url"] is None


def test_a_session_takes_only_an_avatar_of_its_user(call, sandbox):
    mine, other = sandbox.add_user(), sandbox.add_user()
    avatar = sandbox.add_avatar(other)
    config = {"type": "edit_existing", "avatar_id": avatar}

    assert avatar in call.session(other, **config)["url"]
    assert call("POST", "/api/v1/sessions/new", {"user_id": mine, "config": config}).status == 404


def test_links_can_carry_a_public_address(sandbox):
    from tests.sandbox.conftest import Caller

    public = Sandbox(public_url="https://sandbox.example/")

    url = Caller(public).session(public.add_user())["url"]

    assert url.startswith("https://sandbox.example/editor?")


def test_customisation_goes_in_and_comes_out(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    path = f"/api/v1/avatars/{avatar}/customization"

    answer = call("PUT", path, {**CUSTOM, "unknown": 1})

    assert (answer.status, answer.json()) == (202, None)
    assert call("GET", path).json() == CUSTOM


def test_an_asset_in_the_wrong_slot_is_a_409(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    asset = CUSTOM["assets"]["clothing"]["id"]

    answer = call(
        "PUT", f"/api/v1/avatars/{avatar}/customization", {"assets": {"footwear": {"id": asset}}}
    )

    assert answer.status == 409
    assert answer.json() == {"detail": f"Asset {asset} added to wrong placement - footwear"}


def test_an_asset_that_is_gone_is_a_410(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    body = {"assets": {"footwear": {"id": NOTHING}, "eyewear": None}}

    answer = call("PUT", f"/api/v1/avatars/{avatar}/customization", body)

    assert answer.status == 410
    assert answer.json()["detail"].startswith(NOTHING)


def test_a_customisation_is_a_new_version_only_if_it_changes_something(call, sandbox):
    user = sandbox.add_user()
    avatar = sandbox.add_avatar(user)
    for _ in range(2):
        call("PUT", f"/api/v1/avatars/{avatar}/customization", CUSTOM)

    assert sandbox.users[user].avatars[avatar].version == 2


def test_a_render_is_never_answered_with_a_picture(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())

    answer = call("POST", f"/api/v1/renders/new?avatar_id={avatar}&scene=common/preview")

    assert answer.json() == {
        "id": str(uuid.UUID(answer.json()["id"])),
        "status": "pending",
        "render_url": None,
    }


def test_an_export_is_pending_first_then_ready(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    sandbox.export_seconds = 60
    path = f"/api/v1/exports/new?avatar_id={avatar}"

    for _ in range(2):
        assert call("POST", path).json() == {"status": "pending", "url": None}
    sandbox.clock.advance(61)

    assert call("POST", path).json()["status"] == "ready"
    call("PUT", f"/api/v1/avatars/{avatar}/customization", CUSTOM)
    assert call("POST", path).json()["status"] == "pending"


def test_an_unfinished_avatar_has_no_export_and_a_failed_one_a_failed_export(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    path = f"/api/v1/exports/new?avatar_id={avatar}"
    for status, told in (
        ("processing", "pending"),
        ("processing", "pending"),
        ("failed", "failed"),
    ):
        sandbox.set_status(avatar, status)
        assert call("POST", path).json()["status"] == told


@pytest.mark.parametrize(("status", "body"), [(200, b"null"), (202, b"null"), (204, b"")])
def test_deleting_takes_everything_along(call, sandbox, status, body):
    sandbox.delete_status = status
    user = sandbox.add_user()
    first, second = sandbox.add_avatar(user), sandbox.add_avatar(user)
    path = f"/api/v1/users/{user}"

    one = call("DELETE", f"{path}/avatars/{first}")
    assert (one.status, one.body) == (status, body)
    assert list(sandbox.users[user].avatars) == [second]
    assert call("DELETE", f"{path}/avatars/{first}").status == 404

    assert call("DELETE", path).status == status
    assert not sandbox.users
    assert call("DELETE", path).status == 404
