"""Random faults: how many, always the same ones, and how each of them looks to a caller."""

import errno
import http.client
import io
import json
import socket
import time
from collections import Counter
from urllib.request import urlopen

import pytest
import requests

from django_avaturn.client import AvaturnClient
from django_avaturn.exceptions import AvaturnThrottled, AvaturnTimeout, AvaturnUnavailable
from django_avaturn.sandbox import FaultPlan
from django_avaturn.sandbox.plan import AFTER, CONNECTION, EITHER, Kind

NEW = "/api/v1/users/new"
MANY = 20_000
CALLED = [kind for kind in Kind if kind is not Kind.REFUSED]


def fates(plan, operation="createUser", calls=MANY):
    return [plan.fate(operation, number) for number in range(1, calls + 1)]


def plan_for(kind, done, **options):
    """A plan whose first fate for ``createUser`` is this one."""
    for seed in range(1000):
        plan = FaultPlan(seed, 1, [kind], **options)
        if plan.fate("createUser", 1).done is done:
            return plan
    raise AssertionError("There is no such fate.")


@pytest.fixture
def client(server):
    return AvaturnClient("sandbox-token", base_url=server.url, timeout=0.5, max_retries=0)


def test_as_many_calls_as_asked_for_are_spoilt():
    plan = FaultPlan(7, 0.2)
    struck = Counter(fate.kind for fate in fates(plan) if fate)
    refused = Counter(fate.kind for fate in fates(plan, CONNECTION) if fate)

    assert set(struck) == set(CALLED)
    assert set(refused) == {Kind.REFUSED}
    assert (struck + refused).total() / MANY == pytest.approx(0.2, rel=0.05)
    for kind, times in (struck + refused).items():
        assert times / MANY == pytest.approx(0.2 / len(Kind), rel=0.2), kind


def test_the_work_is_done_before_where_that_can_be():
    done = {kind: set() for kind in Kind}
    for operation in ("createUser", CONNECTION):
        for fate in filter(None, fates(FaultPlan(7, 1), operation)):
            done[fate.kind].add(fate.done)

    assert {kind for kind, ways in done.items() if ways == {True}} == AFTER
    assert {kind for kind, ways in done.items() if ways == {True, False}} == EITHER


def test_a_seed_has_its_faults_and_no_other():
    assert fates(FaultPlan(7)) == fates(FaultPlan(7)) != fates(FaultPlan(8))
    assert fates(FaultPlan(7)) != fates(FaultPlan(7), "deleteUser")


def test_what_others_call_meanwhile_changes_nothing(call, sandbox):
    def struck(noise):
        sandbox.reset()
        sandbox.fault_plan = FaultPlan(3, 0.5)
        for number in range(40):
            call("POST", NEW)
            for _ in range(number % noise):
                call("GET", "/api/v1/users/nobody/avatars")
        return [str(one) for one in sandbox.fault_plan.log if one.operation == "createUser"]

    assert struck(1) == struck(3) != []


@pytest.mark.parametrize(("rate", "spoilt"), [(0, 0), (1, 20)])
def test_all_or_nothing(call, sandbox, rate, spoilt):
    sandbox.fault_plan = FaultPlan(1, rate, CALLED)
    for _ in range(20):
        call("POST", NEW)

    assert len(sandbox.fault_plan.log) == spoilt


def test_kinds_can_have_weights():
    plan = FaultPlan(1, 1, ["error", "error", "error", "slow"])
    struck = Counter(fate.kind for fate in fates(plan))

    assert struck[Kind.ERROR] / struck[Kind.SLOW] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("options", [{"rate": 1.1}, {"rate": -1}, {"kinds": []}, {"kinds": ["x"]}])
def test_a_senseless_plan_is_refused(options):
    with pytest.raises(ValueError, match=r"A plan needs|is not a valid Kind"):
        FaultPlan(1, **options)


FATES = {
    (Kind.RESET, False): AvaturnUnavailable,
    (Kind.RESET, True): AvaturnUnavailable,
    (Kind.HANG, False): AvaturnTimeout,
    (Kind.HANG, True): AvaturnTimeout,
    (Kind.HALF, True): AvaturnUnavailable,
    (Kind.ERROR, False): AvaturnUnavailable,
    (Kind.THROTTLED, False): AvaturnThrottled,
    (Kind.NOT_JSON, True): AvaturnUnavailable,
    (Kind.SLOW, True): AvaturnTimeout,
}


@pytest.mark.parametrize(("kind", "done"), FATES)
def test_the_client_sees_it_and_the_record_tells_what_was_done(client, sandbox, kind, done):
    sandbox.fault_plan = plan_for(kind, done, hang_seconds=5, slow_seconds=5, retry_after=3)

    with pytest.raises(FATES[kind, done]) as seen:
        client.create_user()

    assert len(sandbox.users) == done
    (spoilt,) = sandbox.fault_plan.log
    assert (spoilt.operation, spoilt.number) == ("createUser", 1)
    assert (spoilt.kind, spoilt.done) == (kind, done)
    assert [spoilt.answer.json()["id"]] == list(sandbox.users) if done else spoilt.answer is None
    assert str(spoilt) == f"createUser 1: {kind}{', the work was done' * done}"
    if kind is Kind.THROTTLED:
        assert seen.value.retry_after == 3


def test_every_fate_of_a_call_is_tried():
    tried = {(kind, done) for kind, done in FATES}
    assert tried == {(fate.kind, fate.done) for fate in fates(FaultPlan(1, 1, CALLED))}


@pytest.mark.parametrize("options", [{"hang_seconds": 0.2}, {"slow_seconds": 0.2}], ids=str)
def test_what_ends_in_time_is_no_timeout(client, sandbox, options):
    kind = Kind.HANG if "hang_seconds" in options else Kind.SLOW
    sandbox.fault_plan = plan_for(kind, True, **options)
    start = time.monotonic()

    if kind is Kind.HANG:  # the connection ends then
        with pytest.raises(AvaturnUnavailable):
            client.create_user()
    else:
        assert client.create_user().id in sandbox.users
    assert time.monotonic() - start >= 0.15


def raw_call(server):
    """The error that ends a connection; 0 where it ends in good order, with what came before."""
    host, port = server.url.removeprefix("http://").split(":")
    got = b""
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        try:
            raw.sendall(f"POST {NEW} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            while chunk := raw.recv(4096):
                got += chunk
        except OSError as error:
            return error.errno, got
    return 0, got


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.REFUSED])
def test_a_reset_is_a_reset(server, sandbox, kind):
    sandbox.fault_plan = plan_for(kind, False) if kind is Kind.RESET else FaultPlan(1, 1, [kind])

    assert raw_call(server) == (errno.ECONNRESET, b"")
    assert len(sandbox.calls) == (kind is Kind.RESET)
    assert [one.kind for one in sandbox.fault_plan.log] == [kind]


def test_a_connection_that_hangs_ends_in_good_order(server, sandbox):
    sandbox.fault_plan = FaultPlan(1, 1, [Kind.HANG], hang_seconds=0.1)

    assert raw_call(server) == (0, b"")


def test_connections_are_refused_and_not_their_later_calls(server, sandbox):
    seed = next(n for n in range(99) if not FaultPlan(n, 0.9, ["refused"]).fate(CONNECTION, 1))
    sandbox.fault_plan = FaultPlan(seed, 0.9, ["refused"])
    with requests.Session() as session:
        for _ in range(20):
            headers = {"Authorization": "Bearer sandbox-token"}
            assert session.post(f"{server.url}{NEW}", headers=headers, timeout=5).ok

    assert server.connections == 1


def test_files_and_uploads_have_bad_days_too(server, sandbox, client):
    user = client.create_user().id
    avatar = sandbox.add_avatar(user)
    client.create_export(avatar)
    link = client.create_export(avatar).url
    reserved = client.create_avatar(user)
    sandbox.fault_plan = FaultPlan(1, 1, [Kind.HALF])

    with urlopen(link, timeout=5) as answer, pytest.raises(http.client.IncompleteRead):
        answer.read()  # not by requests, which would log the link
    photos = {side: io.BytesIO(b"\xff\xd8\xff" + side.encode()) for side in ("a", "b", "c")}
    frontal, side_1, side_2 = photos.values()
    with pytest.raises(AvaturnUnavailable):
        client.upload_photos(
            reserved.upload_url, frontal=frontal, side_1=side_1, side_2=side_2, body_type="male"
        )
    assert [(one.operation, one.answer) for one in sandbox.fault_plan.log] == [
        ("downloadFile", None),
        ("uploadPhotos", None),
    ]
    assert len(sandbox.uploads) == 1


def test_the_editor_and_the_controls_have_good_days_only(server, sandbox):
    sandbox.fault_plan = FaultPlan(1, 1)

    for path in ("/editor", "/_sandbox/state", "/"):
        assert requests.get(f"{server.url}{path}", timeout=5).ok
    assert sandbox.fault_plan.log == []


def test_a_fault_on_demand_goes_first(call, sandbox):
    sandbox.fault_plan = FaultPlan(1, 1, [Kind.ERROR])
    sandbox.fail_next("createUser", status=418)

    assert [call("POST", NEW).status for _ in range(2)] == [418, 500]
    assert len(sandbox.fault_plan.log) == 1


def test_a_plan_comes_and_goes_over_http(call, sandbox):
    wanted = {"seed": 5, "rate": 1, "kinds": ["error", "throttled"], "retry_after": 2}
    answer = call("POST", "/_sandbox/plan", wanted, token=None)
    assert answer.json().items() >= {**wanted, "log": []}.items()
    statuses = [call("POST", NEW).status for _ in range(20)]
    assert set(statuses) == {429, 500}

    log = call("GET", "/_sandbox/plan", token=None).json()["log"]
    assert [one["kind"] == "error" for one in log] == [status == 500 for status in statuses]
    assert log[0].keys() == {"operation", "number", "kind", "done"}

    call("DELETE", "/_sandbox/plan")
    assert call("POST", NEW).status == 200
    assert call("GET", "/_sandbox/plan").json() is None


def test_neither_record_nor_answer_over_http_holds_links(call, sandbox):
    user = sandbox.add_user()
    sandbox.fault_plan = FaultPlan(1, 1, [Kind.NOT_JSON])
    call("POST", "/api/v1/sessions/new", {"user_id": user})

    (spoilt,) = sandbox.fault_plan.log
    assert spoilt.answer.json()["url"]
    shown = call("GET", "/_sandbox/plan").body.decode()
    for token in sandbox.state.sessions:
        assert token not in repr(spoilt) + str(spoilt) + shown


@pytest.mark.parametrize(
    "wanted",
    [
        {"rate": 2},
        {"rate": -0.1},
        {"seed": "x"},
        {"kinds": []},
        {"kinds": ["flood"]},
        {"kinds": "error"},
        {"hang_seconds": -1},
        [],
    ],
    ids=json.dumps,
)
def test_a_senseless_plan_over_http_is_a_422(call, sandbox, wanted):
    assert call("POST", "/_sandbox/plan", wanted).status == 422
    assert sandbox.fault_plan is None


def test_a_reset_ends_the_plan(sandbox):
    sandbox.fault_plan = FaultPlan()
    sandbox.reset()

    assert sandbox.fault_plan is None
