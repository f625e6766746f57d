"""What the editor announces: on both plans, as a link and as a file, honest and hostile."""

from __future__ import annotations

import base64
import struct
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from django_avaturn import jobs, services, signals
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, FileDeletion
from django_avaturn.sandbox.look import Look
from django_avaturn.sandbox.model import model_bytes

pytestmark = pytest.mark.django_db(transaction=True)

FREE, API = "free plan", "with API"
GLB = model_bytes(Look(), 0)


@pytest.fixture
def free_plan(configure, sandbox, sandbox_server):
    configure(API_TOKEN="", PROJECT_URL=f"{sandbox_server.url}/iframe")


@pytest.fixture(params=[API, FREE])
def plan(request, configure, sandbox):
    """Each test on both plans."""
    if request.param == FREE:
        request.getfixturevalue("free_plan")
    return request.param


@pytest.fixture
def exported(ann, sandbox, plan):
    """An avatar that Ann has just made in the editor: its id."""
    if plan == FREE:
        return uuid4()
    return sandbox.add_avatar(services.get_profile(ann).avaturn_id)


def lasting_link(sandbox_server, sandbox):
    """A link as the editor hands it out."""
    from django_avaturn.sandbox import links

    state = sandbox.state
    user = state.add_user()
    avatar = state.add_avatar(user, 0.0, Look())
    return links.permanent_file(sandbox, sandbox_server.url, avatar)


def data_url(content):
    return "data:application/octet-stream;base64," + base64.b64encode(content).decode()


def post(client, avatar_id, **fields):
    """As the page does: a form where there is a file, JSON otherwise."""
    fields = {"avatarId": str(avatar_id), **fields}
    path = f"/avatar/avatars/{avatar_id}/exports/"
    if "file" in fields:
        return client.post(path, fields)
    return client.post(path, fields, content_type="application/json")


def everything():
    """All that an announcement could change."""
    rows = [Avatar, AvatarFile, FileDeletion]
    active = list(AvaturnProfile.objects.values_list("active_avatar", flat=True))
    return [list(model.objects.values()) for model in rows], [pk for pk in active if pk]


@pytest.mark.parametrize("kind", ["file", "dataURL", "httpURL"])
def test_free_plan_keeps_the_model_unconfirmed(
    as_ann, ann, sandbox, sandbox_server, free_plan, kind
):
    avatar_id, heard = uuid4(), []

    def hear(avatar, user, **kwargs):
        heard.append((avatar.pk, user))

    signals.avatar_exported.connect(hear)
    brought = {
        "file": lambda: {"file": SimpleUploadedFile("model", GLB), "urlType": "dataURL"},
        "dataURL": lambda: {"url": data_url(GLB), "urlType": "dataURL"},
        "httpURL": lambda: {"url": lasting_link(sandbox_server, sandbox), "urlType": "httpURL"},
    }[kind]()
    answer = post(as_ann, avatar_id, gender="female", bodyId="body_1", **brought)
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["confirmed"], told["status"], told["active"]) == (False, "ready", True)
    assert (told["gender"], told["body_id"]) == ("female", "body_1")
    assert (told["model"]["state"], told["model"]["size"] > 1000) == ("ready", True)
    assert told["portrait"]["wanted"] is True  # there is no Avaturn that could draw one
    avatar = Avatar.objects.get()
    with avatar.model.file.open() as stored:
        assert stored.read() == GLB
    assert heard == [(avatar_id, ann)]
    assert not FileDeletion.objects.exists()
    assert AvaturnProfile.objects.get().avaturn_id is None
    assert [call.operation for call in sandbox.calls if call.operation != "downloadExport"] == []


def test_free_plan_takes_a_later_version_in_place(as_ann, ann, sandbox, free_plan):
    avatar_id = uuid4()
    first = post(as_ann, avatar_id, file=SimpleUploadedFile("m", GLB)).json()
    before = Avatar.objects.get().model.file.name
    other = model_bytes(Look(outfit="dress"), 0)
    second = post(as_ann, avatar_id, file=SimpleUploadedFile("m", other)).json()
    assert first["model"]["version"] != second["model"]["version"]
    row = AvatarFile.objects.get(kind="model")
    assert row.file.name != before
    assert not row.file.storage.exists(before)
    assert AvatarFile.objects.filter(kind="portrait").count() == 1


def test_free_plan_takes_no_id_that_mariadb_refuses(as_ann, sandbox, free_plan):
    odd = "b1e73bec-3d90-df5c-01ff-2f1c46a28e7d"
    assert post(as_ann, odd, file=SimpleUploadedFile("m", GLB)).status_code == 404
    assert everything() == ([[], [], []], [])


def test_free_plan_takes_14_mb_under_djangos_default_limits(as_ann, sandbox, free_plan):
    large = model_bytes(Look(), 14_000_000)
    answer = post(as_ann, uuid4(), file=SimpleUploadedFile("model.glb", large))
    assert (answer.status_code, answer.json()["model"]["size"]) == (201, len(large))


def test_free_plan_costs_few_queries(as_ann, sandbox, free_plan, django_assert_max_num_queries):
    avatar_id = uuid4()
    post(as_ann, avatar_id, file=SimpleUploadedFile("m", GLB))
    with django_assert_max_num_queries(33):
        assert post(as_ann, avatar_id, file=SimpleUploadedFile("m", GLB)).status_code == 201


def test_free_plan_deletes_what_is_here_and_asks_nobody(as_ann, ann, sandbox, free_plan):
    avatar_id = uuid4()
    post(as_ann, avatar_id, file=SimpleUploadedFile("m", GLB))
    model = Avatar.objects.get().model
    sandbox.calls.clear()
    assert as_ann.delete(f"/avatar/avatars/{avatar_id}/").status_code == 204
    assert not model.file.storage.exists(model.file.name)
    ann.delete()
    assert not sandbox.calls


def test_free_plan_session_is_the_projects_address(as_ann, sandbox, sandbox_server, free_plan):
    for told in ({}, {"type": "create"}, {"start_over": True}):
        answer = as_ann.post("/avatar/sessions/", told, content_type="application/json")
        assert (answer.status_code, answer.json()) == (
            201,
            {
                "id": None,
                "url": f"{sandbox_server.url}/iframe",
                "type": "create_or_edit_existing",
            },
        )
    assert not sandbox.calls


def test_free_plan_starting_over_deletes_the_copies_here(ann, sandbox, free_plan, configure):
    services.record_export(ann, uuid4(), {}, model=BytesIO(GLB))
    configure(KEEP_FORMER=True)
    services.open_session(ann, start_over=True)
    assert Avatar.objects.exists()
    configure(KEEP_FORMER=False)
    services.open_session(ann, start_over=True)
    assert not Avatar.objects.exists()


def test_free_plan_process_killed_while_storing_is_told(as_ann, sandbox, free_plan, monkeypatch):
    """The row of the model comes due by itself, and says what to do."""

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("django_avaturn.services.exports.keep", die)
    with pytest.raises(KeyboardInterrupt):
        post(as_ann, uuid4(), file=SimpleUploadedFile("m", GLB))
    row = AvatarFile.objects.get()
    assert (row.state, row.is_due) == ("pending", False)
    row.restart()
    jobs.run_due(AvatarFile)
    row.refresh_from_db()
    assert (row.state, "export the avatar again" in row.error) == ("failed", True)


HOSTILE = {
    "wrong host": {"url": "https://files.evil.example/model", "urlType": "httpURL"},
    "host that only ends alike": {"url": "https://avaturn.me.evil.example/m", "urlType": "httpURL"},
    "file": {"url": "file:///etc/passwd", "urlType": "httpURL"},
    "javascript": {"url": "javascript:alert(1)", "urlType": "httpURL"},
    "user info": {"url": "https://ann:pw@api.avaturn.me/avatars/x/model", "urlType": "httpURL"},
    "plain http": {"url": "http://api.avaturn.me/avatars/x/model", "urlType": "httpURL"},
    "another port": {"url": "https://api.avaturn.me:8443/m", "urlType": "httpURL"},
    "metadata of a cloud": {"url": "http://169.254.169.254/latest", "urlType": "httpURL"},
    "no address": {"url": "https://[::1/m", "urlType": "httpURL"},
    "data that is no GLB": {"url": data_url(b"<html>" * 50), "urlType": "dataURL"},
    "data that is not base64": {"url": "data:model/gltf-binary,glTF", "urlType": "dataURL"},
    "data that is broken": {"url": "data:;base64,glTF*", "urlType": "dataURL"},
    "unknown kind": {"url": "https://api.avaturn.me/m", "urlType": "ftpURL"},
    "another id in the body": {"avatarId": str(uuid4()), "file": SimpleUploadedFile("m", GLB)},
    "text file": {"file": SimpleUploadedFile("m.glb", b"hello" * 100)},
    "empty file": {"file": SimpleUploadedFile("m.glb", b"")},
    "gender": {"gender": "<script>", "file": SimpleUploadedFile("m", GLB)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_announcements_change_nothing(as_ann, ann, exported, plan, sandbox, name):
    before = everything()
    sandbox.calls.clear()
    for part in HOSTILE[name].values():
        if isinstance(part, SimpleUploadedFile):
            part.seek(0)
    answer = post(as_ann, exported, **HOSTILE[name])
    assert 400 <= answer.status_code < 500, answer.json()
    assert set(answer.json()) >= {"code", "detail"}
    assert answer.json()["code"] in ("invalid", "link_refused", "file_refused")
    assert everything() == before
    assert not sandbox.calls


LYING = {
    "says it is longer": GLB[:8] + struct.pack("<I", len(GLB) + 4) + GLB[12:],
    "says it is shorter": GLB[:8] + struct.pack("<I", len(GLB) - 4) + GLB[12:],
    "says it has 4 GB": GLB[:8] + struct.pack("<I", 0xFFFFFFFF) + GLB[12:],
    "old version": GLB[:4] + struct.pack("<I", 1) + GLB[8:],
    "cut off": GLB[: len(GLB) // 2],
    "with something behind": GLB + b"PK\x03\x04",
    "no more than its magic": b"glTF",
}


@pytest.mark.parametrize("name", LYING)
@pytest.mark.parametrize("kind", ["file", "dataURL"])
def test_free_plan_refuses_models_that_lie(as_ann, sandbox, free_plan, name, kind):
    brought = {
        "file": {"file": SimpleUploadedFile("m", LYING[name])},
        "dataURL": {"url": data_url(LYING[name])},
    }
    answer = post(as_ann, uuid4(), **brought[kind])
    assert (answer.status_code, answer.json()["code"]) == (400, "file_refused")
    assert everything() == ([[], [], []], [])


def test_free_plan_refuses_an_export_without_a_model(as_ann, sandbox, free_plan):
    answer = post(as_ann, uuid4(), gender="male")
    assert (answer.status_code, answer.json()["code"]) == (400, "file_refused")
    assert everything() == ([[], [], []], [])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"truncate": 100}, 502, "avaturn_unavailable"),
        ({"endless": True}, 400, "file_refused"),
        ({"body": "<html>", "content_type": "model/gltf-binary"}, 400, "file_refused"),
        ({"location": "https://evil.example/m", "status": 302}, 400, "link_refused"),
        ({"location": "http://169.254.169.254/", "status": 302}, 400, "link_refused"),
        ({"status": 404}, 502, "avaturn_unavailable"),
        ({"drop": True}, 502, "avaturn_unavailable"),
    ],
    ids=str,
)
def test_free_plan_links_that_bring_no_model(
    as_ann, sandbox, sandbox_server, free_plan, fault, status, code
):
    link = lasting_link(sandbox_server, sandbox)
    sandbox.fail_next("downloadExport", times=9, **fault)
    answer = post(as_ann, uuid4(), url=link, urlType="httpURL")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything() == ([[], [], []], [])


@pytest.mark.parametrize("kind", ["file", "httpURL"])
def test_free_plan_refuses_a_gigabyte(as_ann, sandbox, sandbox_server, free_plan, configure, kind):
    configure(MAX_MODEL_BYTES=len(GLB) - 1)
    brought = {
        "file": {"file": SimpleUploadedFile("m", GLB)},
        "httpURL": {"url": lasting_link(sandbox_server, sandbox)},
    }
    answer = post(as_ann, uuid4(), **brought[kind])
    assert (answer.status_code, answer.json()["code"]) == (400, "file_refused")
    assert everything() == ([[], [], []], [])


def test_anothers_avatar_is_a_404(as_ann, bob, sandbox, plan):
    if plan == FREE:
        avatar_id = uuid4()
        services.record_export(bob, avatar_id, {}, model=BytesIO(GLB))
    else:
        avatar_id = sandbox.add_avatar(services.get_profile(bob).avaturn_id)
        services.record_export(bob, avatar_id, {})
    before = everything()
    sandbox.calls.clear()
    answer = post(as_ann, avatar_id, file=SimpleUploadedFile("m", model_bytes(Look(), 9000)))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert everything() == before
    assert not sandbox.calls


def test_link_appears_nowhere(as_ann, sandbox, sandbox_server, free_plan, caplog):
    link = lasting_link(sandbox_server, sandbox)
    with caplog.at_level(0):
        post(as_ann, uuid4(), url=link, urlType="httpURL")
        sandbox.fail_next("downloadExport", status=500)
        refused = post(as_ann, uuid4(), url=link, urlType="httpURL")
    secret = link.split("/")[-2]
    assert secret not in caplog.text + refused.text + str(everything())


@pytest.mark.parametrize("told", [{}, {"avatarSupportsFaceAnimations": False}])
def test_face_animations_can_be_required(as_ann, exported, plan, sandbox, configure, told):
    configure(REQUIRE_FACE_ANIMATIONS=True)
    before = everything()
    sandbox.calls.clear()
    answer = post(as_ann, exported, file=SimpleUploadedFile("m", GLB), **told)
    assert (answer.status_code, answer.json()["code"]) == (409, "face_animations_required")
    assert everything() == before
    assert not sandbox.calls
    told = {"avatarSupportsFaceAnimations": True}
    assert post(as_ann, exported, file=SimpleUploadedFile("m", GLB), **told).status_code == 201
    assert Avatar.objects.get().supports_face_animations is True


def test_with_the_api_the_model_comes_from_there(as_ann, ann, sandbox):
    """Whatever the browser sends; the honest link is checked and not used."""
    avatar_id = sandbox.add_avatar(services.get_profile(ann).avaturn_id)
    link = "https://api.avaturn.me/avatars/exports/0198/model"
    answer = post(as_ann, avatar_id, url=link, urlType="httpURL")
    assert (answer.status_code, answer.json()["confirmed"]) == (201, True)
    jobs.run_due(AvatarFile)
    assert Avatar.objects.get().model.file.size == len(GLB)
    assert sandbox.count("downloadExport") == 0
