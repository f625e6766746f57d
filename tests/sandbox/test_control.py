import json

import pytest

from django_avaturn.sandbox import Sandbox
from django_avaturn.sandbox.switches import REMOTE


def test_the_state_shows_users_and_counts_but_no_secrets(call, sandbox):
    user = sandbox.add_user()
    avatar = sandbox.add_avatar(user)
    link = call.session(user)["url"]

    answer = call("GET", "/_sandbox/state", token=None)

    assert answer.json()["users"] == [
        {"id": user, "avatars": [{"id": avatar, "status": "ready", "version": 1}]}
    ]
    assert answer.json()["calls"] == {"createSession": 1}
    token = link.rpartition("=")[2]
    assert token not in answer.body.decode()
    assert "sandbox-token" not in answer.body.decode()


def test_faults_come_over_http(call):
    wanted = {"operation": "createUser", "status": 418, "body": "tea", "content_type": "text/plain"}
    assert call("POST", "/_sandbox/faults", wanted, token=None).status == 200

    assert call("POST", "/api/v1/users/new").body == b"tea"
    assert call("POST", "/api/v1/users/new").status == 200


def test_standing_faults_come_and_go_over_http(call):
    call("POST", "/_sandbox/faults", {"status": 503, "standing": True})
    assert [call("POST", "/api/v1/users/new").status for _ in range(2)] == [503, 503]

    call("DELETE", "/_sandbox/faults")
    assert call("POST", "/api/v1/users/new").status == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": 99},
        {"times": -1},
        {"drop": "yes"},
        {"latency": "1"},
        {"cut": 1.5},
        {"truncate": True},
        {"location": 5},
        {"endless": 1},
        [],
    ],
    ids=json.dumps,
)
def test_a_senseless_fault_is_a_422(call, wanted):
    assert call("POST", "/_sandbox/faults", wanted).status == 422


def test_the_scenario_comes_over_http(call, sandbox):
    assert call("POST", "/_sandbox/scenario", {"scenario": "silent"}).status == 200
    assert sandbox.scenario == "silent"
    assert call("POST", "/_sandbox/scenario", {"scenario": "loud"}).status == 422


def test_switches_come_over_http(call, sandbox):
    wanted = {"fail_exports": 2, "render_seconds": 1.5, "early_webhooks": True}
    wanted |= {"avatar_type": "T2", "upload_limit": 9_000_000, "delete_status": 202}
    answer = call("POST", "/_sandbox/switches", wanted, token=None)

    assert answer.status == 200
    assert answer.json().items() >= wanted.items()
    assert (sandbox.fail_exports, sandbox.render_seconds, sandbox.early_webhooks) == (2, 1.5, True)
    assert (sandbox.avatar_type, sandbox.upload_limit) == ("T2", 9_000_000)
    assert call("GET", "/_sandbox/state").json()["switches"] == answer.json()


def test_all_switches_that_come_over_http_exist():
    plain = Sandbox()

    assert all(hasattr(plain, name) for name in REMOTE)


@pytest.mark.parametrize(
    "wanted",
    [
        {"fail_exports": -1},
        {"fail_exports": 1.5},
        {"at_once": 1},
        {"webhook_order": "random"},
        {"avatar_type": "T3"},
        {"upload_limit": -1},
        {"delete_status": 404},
        {"delete_status": 200.0},
        {"webhook_url": "http://169.254.169.254/"},
        {"state": {}},
    ],
    ids=json.dumps,
)
def test_a_senseless_switch_is_a_422(call, sandbox, wanted):
    before = vars(sandbox).copy()

    assert call("POST", "/_sandbox/switches", wanted).status == 422
    assert vars(sandbox) == before


def test_the_state_tells_of_webhooks_without_their_links(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user())
    call("POST", f"/api/v1/exports/new?avatar_id={avatar}")
    (webhook,) = sandbox.deliver_webhooks(lambda body: 204)

    answer = call("GET", "/_sandbox/state")

    assert answer.json()["webhooks"] == [
        {
            "event": "export.ready",
            "avatar_id": avatar,
            "status": "ready",
            "lost": False,
            "answers": [204],
        }
    ]
    assert webhook.payload["export_url"] not in answer.body.decode()


def test_controls_are_not_counted(call, sandbox):
    call("GET", "/_sandbox/state")

    assert not sandbox.calls


def test_the_index_says_where_it_is(call, sandbox):
    sandbox.add_avatar(sandbox.add_user())
    page = call("GET", "/", token=None).body.decode()

    assert "http://sandbox.test" in page
    assert "[[" not in page


def test_the_index_trusts_no_host_header(call):
    page = call("GET", "/", headers={"Host": "<script>"}).body.decode()

    assert "<script>" not in page
