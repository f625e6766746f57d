import pytest

from django_avaturn.sandbox import Fault

NEW = "/api/v1/users/new"


@pytest.mark.parametrize("status", [401, 402, 409, 410, 422, 429, 500, 502, 503, 504])
def test_a_status_replaces_the_work(call, sandbox, status):
    sandbox.fail_next("createUser", status=status)

    answer = call("POST", NEW)

    assert answer.status == status
    assert isinstance(answer.json()["detail"], str)
    assert not sandbox.users
    assert call("POST", NEW).status == 200
    assert sandbox.count("createUser") == 2


def test_a_fault_waits_for_its_operation(call, sandbox):
    user = sandbox.add_user()
    sandbox.fail_next("deleteUser", status=503)

    assert call("POST", NEW).status == 200
    assert call("DELETE", f"/api/v1/users/{user}").status == 503


def test_a_fault_can_last_for_several_calls(call, sandbox):
    sandbox.fail_next(times=2, status=500)

    assert [call("POST", NEW).status for _ in range(3)] == [500, 500, 200]


def test_a_standing_fault_lasts_until_cleared(call, sandbox):
    sandbox.faults.standing(Fault(status=503))
    assert [call("POST", NEW).status for _ in range(3)] == [503] * 3

    sandbox.faults.clear()
    assert call("POST", NEW).status == 200


def test_a_fault_for_all_leaves_the_editor_and_the_controls_alone(call, sandbox):
    sandbox.faults.standing(Fault(status=503))

    assert call("GET", "/editor").status == 200
    assert call("GET", "/_sandbox/state").status == 200
    assert call("GET", "/files/x.glb").status == 503


def test_after_the_work_only_the_answer_is_lost(call, sandbox):
    sandbox.fail_next("createUser", drop=True, after=True)

    assert call("POST", NEW).drop
    assert len(sandbox.users) == 1
    assert sandbox.calls[-1].status == 0


def test_before_the_work_nothing_is_done(call, sandbox):
    sandbox.fail_next("createUser", drop=True)

    assert call("POST", NEW).drop
    assert not sandbox.users


def test_retry_after_comes_with_a_429(call, sandbox):
    sandbox.fail_next(retry_after=7)

    answer = call("POST", NEW)

    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("body", [b"<html>", "<html>"])
def test_a_body_need_not_be_json(call, sandbox, body):
    sandbox.fail_next(status=502, body=body, content_type="text/html")

    answer = call("POST", NEW)

    assert (answer.status, answer.body, answer.content_type) == (502, b"<html>", "text/html")


def test_a_body_alone_is_a_success_without_work(call, sandbox):
    sandbox.fail_next("createUser", body=b"null")

    answer = call("POST", NEW)

    assert (answer.status, answer.json()) == (200, None)
    assert not sandbox.users


def test_latency_and_drip_are_left_to_the_carrier(call, sandbox):
    sandbox.fail_next("createUser", latency=3.5, drip=0.25)

    answer = call("POST", NEW)

    assert (answer.status, answer.delay, answer.drip) == (200, 3.5, 0.25)
    assert len(sandbox.users) == 1
