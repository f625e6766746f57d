import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from django_avaturn.sandbox import catalogue
from django_avaturn.sandbox.editor import SCENARIOS


def token_of(link):
    return parse_qs(urlsplit(link).query)["token"][0]


@pytest.fixture
def user(sandbox):
    return sandbox.add_user()


@pytest.fixture
def token(call, user):
    return token_of(call.session(user)["url"])


@pytest.fixture
def avatar(sandbox, user):
    return sandbox.add_avatar(user)


def test_a_session_tells_the_page_what_to_show(call, user, avatar, token):
    answer = call("GET", "/editor/session", token=token).json()

    assert answer["kind"] == "create_or_edit_existing"
    assert [one["id"] for one in answer["avatars"]] == [avatar]
    assert {body["name"] for body in answer["catalogue"]["bodies"]} >= {"male", "female"}
    assert {one["category"] for one in answer["catalogue"]["assets"]} == set(
        catalogue.SDK_CATEGORIES.values()
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/editor/session"),
        ("GET", "/editor/figure"),
        ("POST", "/editor/avatars"),
        ("GET", "/editor/avatars/x"),
        ("POST", "/editor/avatars/x/export"),
    ],
)
@pytest.mark.parametrize("given", [None, "", "guess", "sandbox-token"])
def test_only_the_session_s_token_opens_the_editor(call, method, path, given):
    assert call(method, path, token=given).status == 401


def test_the_session_s_token_does_not_open_the_api(call, token):
    assert call("POST", "/api/v1/users/new", token=token).status == 401


def test_a_link_ends_after_an_hour(call, sandbox, token):
    sandbox.clock.advance(3599)
    assert call("GET", "/editor/session", token=token).status == 200
    sandbox.clock.advance(2)
    assert call("GET", "/editor/session", token=token).status == 401


def test_a_link_may_end_while_a_call_waits_its_turn(call, sandbox, token, monkeypatch):
    start = sandbox.clock.now()
    looks = iter([3599, 3601])
    monkeypatch.setattr(sandbox.clock, "now", lambda: start + next(looks))

    answer = call("GET", "/editor/session", token=token)

    assert not list(looks)
    assert (answer.status, answer.json()) == (401, {"detail": "This link is not valid any more"})


def test_a_session_sees_only_its_user(call, sandbox, token):
    foreign = sandbox.add_avatar(sandbox.add_user())

    assert call("GET", f"/editor/avatars/{foreign}", token=token).status == 404
    export = f"/editor/avatars/{foreign}/export"
    assert call("POST", export, {"look": {}}, token=token).status == 404


def test_deleting_the_user_ends_the_session(call, user, token):
    call("DELETE", f"/api/v1/users/{user}")

    assert call("GET", "/editor/session", token=token).status == 401


def test_the_page_is_told_what_was_saved_before(call, sandbox, user, avatar, token):
    answer = call("POST", "/api/v1/avatars/new", {"user_id": user}).json()
    made = call("POST", "/editor/avatars", {"body": "body_1"}, token=token).json()
    assert made["saved"] is False

    shown = call("GET", "/editor/session", token=token).json()["avatars"]

    saved = {one["id"]: one["saved"] for one in shown}
    assert saved == {avatar: True, answer["avatar_id"]: False, made["id"]: True}
    call("PUT", f"/api/v1/avatars/{answer['avatar_id']}/customization", {"body": "body_1"})
    path = f"/editor/avatars/{answer['avatar_id']}"
    assert call("GET", path, token=token).json()["saved"] is True


def test_creating_makes_a_ready_avatar(call, sandbox, user, token):
    answer = call("POST", "/editor/avatars", {"body": "body_1"}, token=token).json()

    assert answer["look"]["body"] == "body_1"
    assert sandbox.users[user].avatars[answer["id"]].status == "ready"


def test_an_avatar_shows_its_progress(call, sandbox, user, avatar, token):
    sandbox.processing_seconds = 10
    sandbox.set_status(avatar, "processing")
    sandbox.clock.advance(5)

    answer = call("GET", f"/editor/avatars/{avatar}", token=token).json()

    assert answer["status"] == "processing"
    assert 0.4 < answer["progress"] < 0.6


def export(call, avatar, token, **look):
    answer = call("POST", f"/editor/avatars/{avatar}/export", {"look": look}, token=token)
    assert answer.status == 200
    return answer.json()


def test_next_saves_and_hands_back_the_model(call, sandbox, user, avatar):
    session = call.session(user)

    result = export(call, avatar, token_of(session["url"]), body="body_1", outfit="suit")

    prefix, _, data = result.pop("url").partition(",")
    assert prefix == "data:application/octet-stream;base64"
    assert base64.b64decode(data)[:4] == b"glTF"
    assert result == {
        "urlType": "dataURL",
        "avatarId": avatar,
        "sessionId": session["id"],
        "bodyId": "body_1",
        "gender": "female",
        "avatarSupportsFaceAnimations": False,
    }
    assert sandbox.users[user].avatars[avatar].customization["body"] == "body_1"


@pytest.mark.parametrize("change", [{"outfit": "suit"}, {"eyes": "green"}], ids=str)
def test_next_makes_a_new_version_with_a_model_of_its_own(
    call, sandbox, user, avatar, token, change
):
    path = f"/api/v1/exports/new?avatar_id={avatar}"
    call("POST", path)
    before = call("GET", call("POST", path).json()["url"]).body

    export(call, avatar, token, **change)
    assert sandbox.users[user].avatars[avatar].version == 2
    assert call("POST", path).json() == {"status": "pending", "url": None}
    after = call("GET", call("POST", path).json()["url"]).body
    assert after != before

    export(call, avatar, token, **change)
    assert sandbox.users[user].avatars[avatar].version == 2
    assert call("POST", path).json()["status"] == "ready"


def test_next_sends_no_webhook(call, sandbox, avatar, token):
    export(call, avatar, token, outfit="suit")

    assert sandbox.deliver_webhooks(lambda body: 200) == []


def test_saving_keeps_what_the_page_does_not_know(call, sandbox, user, avatar, token):
    path = f"/api/v1/avatars/{avatar}/customization"
    call("PUT", path, {"metadata": {"season": "spring"}, "age": "adult"})

    export(call, avatar, token, outfit="suit")

    assert call("GET", path).json()["metadata"] == {"season": "spring"}


def test_an_http_export_lasts(call, sandbox, avatar, token):
    sandbox.export_kind = "httpURL"

    result = export(call, avatar, token, hair_color="#ff0000")
    sandbox.clock.advance(10_000_000)

    assert result["urlType"] == "httpURL"
    path = urlsplit(result["url"]).path
    assert path.startswith("/avatars/exports/")
    assert path.endswith("/model")
    assert call("GET", result["url"], token=None).content_type == "model/gltf-binary"


def test_an_http_export_stays_as_it_was(call, sandbox, avatar, token):
    sandbox.export_kind = "httpURL"
    first = export(call, avatar, token, outfit="suit")["url"]
    before = call("GET", first).body

    second = export(call, avatar, token, outfit="dress")["url"]

    assert call("GET", first).body == before != call("GET", second).body


@pytest.mark.parametrize("kind", ["dataURL", "httpURL"])
def test_an_export_may_be_no_model(call, sandbox, user, avatar, kind):
    sandbox.scenario, sandbox.export_kind = "not_a_glb", kind
    result = export(call, avatar, token_of(call.session(user)["url"]))

    if kind == "dataURL":
        content = base64.b64decode(result["url"].partition(",")[2])
    else:
        content = call("GET", result["url"]).body
    assert not content.startswith(b"glTF")
    assert result["urlType"] == kind


def test_an_export_may_point_elsewhere(call, sandbox, user, avatar):
    sandbox.scenario = "bad_host"

    result = export(call, avatar, token_of(call.session(user)["url"]))

    assert result["urlType"] == "httpURL"
    assert urlsplit(result["url"]).hostname == "avaturn.dev.evil.example"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_counts_for_sessions_made_afterwards(call, sandbox, user, scenario):
    before = token_of(call.session(user)["url"])
    sandbox.scenario = scenario
    after = token_of(call.session(user)["url"])
    sandbox.scenario = ""

    told = [call("GET", "/editor/session", token=one).json()["scenario"] for one in (before, after)]
    assert told == ["", scenario]


def test_the_page_can_be_framed_unless_the_scenario_says_otherwise(call, sandbox, user, token):
    page = call("GET", f"/editor?token={token}&sdk=true", token=None)
    sandbox.scenario = "xfo_deny"
    denied = call("GET", call.session(user)["url"], token=None)

    assert page.status == denied.status == 200
    assert "X-Frame-Options" not in page.headers
    assert "frame-ancestors" not in page.headers["Content-Security-Policy"]
    assert denied.headers["X-Frame-Options"] == "DENY"


def test_the_page_has_nothing_inline_and_nothing_foreign(call):
    page = call("GET", "/editor", token=None).body.decode()

    assert "<style" not in page
    assert " style=" not in page
    assert "//" not in page.replace("<!doctype", "")
    assert '<script type="module" src=' in page


@pytest.mark.parametrize("name", ["editor.css", "editor.js", "host.js", "project.js", "mark.svg"])
def test_the_page_s_files_are_served(call, name):
    assert call("GET", f"/editor/static/{name}", token=None).status == 200


@pytest.mark.parametrize(
    "name", ["editor.html", "sign-in.html", "..%2Feditor.py", "%2e%2e", "nothing.js"]
)
def test_nothing_else_is_served(call, name):
    assert call("GET", f"/editor/static/{name}", token=None).status == 404


def test_figures_are_small(call, token):
    answer = call("GET", "/editor/figure?hair=curly&outfit=stripes&glasses=round", token=token)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 60_000


def test_previews_are_pictures(call):
    assert call("GET", "/editor/preview.png?crop=head&hair=bob").body[1:4] == b"PNG"
    assert call("GET", "/editor/preview.png?crop=wide").status == 404
