import json
import stat

import pytest

from django_avaturn.sandbox import Sandbox
from tests.sandbox.conftest import Caller


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.json"


def test_state_survives_a_restart(path):
    before = Sandbox(state_file=path)
    call = Caller(before)
    user = call("POST", "/api/v1/users/new").json()["id"]
    avatar = before.add_avatar(user)
    link = call.session(user)["url"]
    export = f"/api/v1/exports/new?avatar_id={avatar}"
    call("POST", export)
    file = call("POST", export).json()["url"]

    after = Sandbox(state_file=path)

    assert after.users == before.users
    call = Caller(after)
    token = link.rpartition("token=")[2]
    assert call("GET", "/editor/session", token=token).json()["avatars"][0]["id"] == avatar
    assert call("GET", file).body[:4] == b"glTF"


def test_a_file_of_a_version_without_webhooks_is_read(path):
    avatar = {
        "id": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e",
        "created_at": 1.0,
        "upload": "",
        "uploaded_at": None,
        "ready_at": 1.0,
        "failed": False,
        "opened": True,
        "eyes": "brown",
        "customization": {"body": "body_1"},
        "version": 3,
        "exports": {"3": 1.0},
    }
    link = {"avatar_id": avatar["id"], "customization": {}, "eyes": "blue", "expires_at": 9e9}
    render = {"id": "r", "avatar_id": avatar["id"], "scene": "a", "format": "jpg", "status": "x"}
    content = {
        "format": 1,
        "users": {"U": {"id": "U", "avatars": {avatar["id"]: avatar}}},
        "sessions": {},
        "files": {"token": link},
        "renders": {"r": render},
    }
    path.write_text(json.dumps(content))

    sandbox = Sandbox(state_file=path)

    call = Caller(sandbox)
    assert call("GET", "/files/token.glb").body[:4] == b"glTF"
    export = f"/api/v1/exports/new?avatar_id={avatar['id']}"
    assert call("POST", export).json()["status"] == "ready"
    assert sandbox.deliver_webhooks(lambda body: 200) == []


def test_nothing_is_written_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    Sandbox().add_user()

    assert not list(tmp_path.iterdir())


def test_the_file_is_private_and_alone(path):
    sandbox = Sandbox(state_file=path)
    sandbox.add_user()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_file(path, monkeypatch):
    sandbox = Sandbox(state_file=path)
    user = sandbox.add_user()
    monkeypatch.setattr(json, "dump", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        sandbox.add_user()

    monkeypatch.undo()
    assert list(Sandbox(state_file=path).users) == [user]
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_file_is_refused(path):
    path.write_text("{")

    with pytest.raises(ValueError, match="Expecting"):
        Sandbox(state_file=path)


def test_reset_empties_the_file_too(path):
    sandbox = Sandbox(state_file=path)
    sandbox.add_avatar(sandbox.add_user())
    sandbox.scenario = "silent"
    sandbox.fail_next(status=500)
    sandbox.clock.advance(9999)

    sandbox.reset()

    assert not Sandbox(state_file=path).users
    assert sandbox.scenario == ""
    assert not sandbox.calls
    assert Caller(sandbox)("POST", "/api/v1/users/new").status == 200


def test_old_sessions_are_forgotten(call, sandbox):
    user = sandbox.add_user()
    call.session(user)
    sandbox.clock.advance(100_000)
    call.session(user)

    assert len(sandbox.state.sessions) == 1


def test_setting_the_status_of_nobody_is_an_error(sandbox):
    with pytest.raises(KeyError):
        sandbox.set_status("nobody", "ready")


def test_an_avatar_of_nobody_has_no_owner(sandbox, user, avatar):
    owner, owned = sandbox.state.owned(avatar)
    assert (owner.id, owned.id) == (user, avatar)

    with pytest.raises(KeyError):
        sandbox.state.owned("nobody")
