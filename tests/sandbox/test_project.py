"""The free plan: a page without a session link, and people who sign in for themselves."""

import base64
import json

import pytest

from django_avaturn.sandbox import Sandbox
from tests.sandbox.conftest import Caller


def sign_in(call, name="demo"):
    answer = call("POST", "/iframe/accounts", {"name": name}, token=None)
    assert answer.status == 200
    return answer.json()["token"]


@pytest.mark.parametrize("query", ["", "?sdk=true", "?sdk=true&noui=true"])
def test_the_page_is_there_for_everybody(call, query):
    page = call("GET", f"/iframe{query}", token=None)

    assert page.status == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert 'data-screen="sign-in"' in page.body.decode()
    assert "X-Frame-Options" not in page.headers
    assert "frame-ancestors" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/iframe", "/iframe/sign-in"])
def test_the_pages_keep_the_line_between_the_two_windows(call, path):
    page = call("GET", path, token=None)

    assert "Cross-Origin-Opener-Policy" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


def test_the_small_window_has_nothing_inline_and_nothing_foreign(call):
    page = call("GET", "/iframe/sign-in", token=None).body.decode()

    assert "<style" not in page
    assert " style=" not in page
    assert "//" not in page.replace("<!doctype", "")
    assert '<label for="name">' in page
    assert 'value="demo"' in page


def test_the_page_can_forbid_its_framing(call, sandbox):
    sandbox.scenario = "xfo_deny"

    assert call("GET", "/iframe", token=None).headers["X-Frame-Options"] == "DENY"


def test_the_page_knows_its_misbehaviour_before_the_sign_in(call, sandbox):
    sandbox.scenario, sandbox.slow_seconds = "slow_handshake", 1.5

    answer = call("GET", "/iframe/settings", token=None).json()

    assert answer == {"scenario": "slow_handshake", "slowSeconds": 1.5}


def test_the_same_name_is_the_same_account(call, sandbox):
    for name in ("demo", "ann", " demo ", "demo"):
        sign_in(call, name)

    assert len(sandbox.users) == 2
    assert sandbox.state.accounts.keys() == {"demo", "ann"}
    assert sandbox.count("projectSignIn") == 4


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "  "}, {"name": 5}, {"name": 61 * "x"}]
)
def test_a_name_that_is_none_is_a_422(call, sandbox, body):
    answer = call("POST", "/iframe/accounts", body, token=None)

    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "name"]
    assert not sandbox.users


def test_whoever_has_signed_in_makes_an_avatar_and_exports_it(call, sandbox):
    token = sign_in(call)
    opened = call("GET", "/editor/session", token=token).json()
    assert (opened["kind"], opened["avatarId"], opened["avatars"]) == ("project", None, [])

    made = call("POST", "/editor/avatars", {"body": "body_1"}, token=token).json()
    path = f"/editor/avatars/{made['id']}/export"
    result = call("POST", path, {"look": {"outfit": "suit"}}, token=token).json()

    assert base64.b64decode(result["url"].partition(",")[2])[:4] == b"glTF"
    assert (result["avatarId"], result["sessionId"]) == (made["id"], opened["sessionId"])
    assert (result["urlType"], result["bodyId"]) == ("dataURL", "body_1")
    again = call("GET", "/editor/session", token=sign_in(call)).json()
    assert [one["id"] for one in again["avatars"]] == [made["id"]]
    assert call("GET", "/editor/session", token=sign_in(call, "ann")).json()["avatars"] == []


def test_the_switches_count_here_too(call, sandbox):
    sandbox.export_kind, sandbox.scenario, sandbox.avatar_type = "httpURL", "two_exports", "T2"
    token = sign_in(call)
    avatar = call("POST", "/editor/avatars", {"body": "body_0"}, token=token).json()["id"]

    result = call("POST", f"/editor/avatars/{avatar}/export", {"look": {}}, token=token).json()

    assert call("GET", "/editor/session", token=token).json()["scenario"] == "two_exports"
    assert result["urlType"] == "httpURL"
    assert result["avatarSupportsFaceAnimations"] is True
    assert call("GET", result["url"], token=None).content_type == "model/gltf-binary"


def test_signing_in_opens_the_editor_for_an_hour_and_never_the_api(call, sandbox):
    token = sign_in(call)
    assert call("POST", "/api/v1/users/new", token=token).status == 401

    sandbox.clock.advance(3601)
    assert call("GET", "/editor/session", token=token).status == 401


def test_faults_of_the_api_leave_the_sign_in_alone_but_it_has_its_own(call, sandbox):
    sandbox.fail_next(status=503)
    sign_in(call)

    sandbox.fail_next("projectSignIn", status=500)
    assert call("POST", "/iframe/accounts", {"name": "demo"}, token=None).status == 500


def test_an_account_outlives_a_restart(tmp_path):
    path = tmp_path / "state.json"
    before = Sandbox(state_file=path)
    sign_in(Caller(before))

    after = Sandbox(state_file=path)
    token = sign_in(Caller(after))

    assert after.users.keys() == before.users.keys()
    assert Caller(after)("GET", "/editor/session", token=token).status == 200


def test_a_file_of_a_version_without_accounts_is_read(tmp_path):
    path = tmp_path / "state.json"
    user = Sandbox(state_file=path).add_user()
    content = json.loads(path.read_text())
    del content["accounts"]
    path.write_text(json.dumps(content))

    sandbox = Sandbox(state_file=path)

    sign_in(Caller(sandbox))
    assert len(sandbox.users) == 2
    assert user in sandbox.users


def test_a_deleted_account_begins_anew(call, sandbox):
    token = sign_in(call)
    (user,) = sandbox.users
    assert call("DELETE", f"/api/v1/users/{user}").status == 200

    assert call("GET", "/editor/session", token=token).status == 401
    assert not sandbox.state.accounts
    sign_in(call)
    assert sandbox.users.keys() != {user}


def test_reset_forgets_the_accounts(call, sandbox):
    sign_in(call)

    sandbox.reset()

    assert not sandbox.state.accounts
