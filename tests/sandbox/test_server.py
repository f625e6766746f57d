import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_avaturn.sandbox import Fault, Sandbox, SandboxServer

AUTH = {"Authorization": "Bearer sandbox-token"}
NEW = "/api/v1/users/new"


@pytest.fixture
def connection(server):
    made = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    yield made
    made.close()


def ask(connection, method="POST", path=NEW, body=None, **headers):
    connection.request(method, path, body, {**AUTH, **headers})
    answer = connection.getresponse()
    return answer, answer.read()


def test_many_calls_share_a_connection(server, connection):
    for _ in range(5):
        answer, _ = ask(connection, body=b"{}")
        assert answer.status == 200
    ask(connection, "DELETE", "/api/v1/users/nobody")
    ask(connection, "GET", "/nowhere")

    assert server.connections == 1
    assert server.sandbox.count("createUser") == 5


def test_head_is_get_without_a_body(connection):
    full, body = ask(connection, "GET", "/")
    head, nothing = ask(connection, "HEAD", "/")

    assert head.status == 200
    assert nothing == b""
    assert head.headers["Content-Length"] == full.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "QUERY"])
def test_any_method_gets_an_answer(connection, method):
    answer, _ = ask(connection, method)

    assert answer.status == 405


def test_links_carry_the_address_the_caller_used(server, connection):
    user = server.sandbox.add_user()
    body = f'{{"user_id": "{user}"}}'.encode()

    _, answer = ask(connection, path="/api/v1/sessions/new", body=body)

    assert f'"url":"{server.url}/editor?'.encode() in answer


def test_a_chunked_body_is_read(server, connection):
    user = server.sandbox.add_user()
    connection.request(
        "POST",
        "/api/v1/avatars/new",
        iter([b'{"user_id":', f'"{user}"}}'.encode()]),
        AUTH,
        encode_chunked=True,
    )
    answer = connection.getresponse()
    answer.read()

    assert answer.status == 200
    assert ask(connection)[0].status == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -4", b"400"),
        (b"Content-Length: 999999999999", b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz", b"400"),
    ],
)
def test_an_unreadable_body_ends_the_connection(server, header, status):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"POST /api/v1/users/new HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(4096), b""))

    assert answer.split(b" ")[1] == status


def test_a_dropped_call_ends_without_an_answer(server, connection):
    server.sandbox.fail_next(drop=True)

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(connection)


def test_a_dripping_body_arrives_whole(server, connection):
    server.sandbox.fail_next(body=b'{"slow":1}', drip=0.0001)

    assert ask(connection)[1] == b'{"slow":1}'


@pytest.mark.parametrize("fault", [Fault(latency=600), Fault(drip=600)], ids=["latency", "drip"])
def test_stopping_ends_slow_answers(fault):
    sandbox = Sandbox()
    sandbox.faults.standing(fault)
    arrived = threading.Event()
    sandbox.listener = lambda call: arrived.set()
    server = SandboxServer(sandbox).start()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("POST", NEW, headers=AUTH)
    assert arrived.wait(10)

    server.stop()

    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse().read()
    connection.close()


def test_stopping_ends_idle_connections_and_frees_the_port(server, connection):
    ask(connection)
    port = int(server.url.rpartition(":")[2])

    server.stop()

    assert connection.sock.recv(1) == b""
    with SandboxServer(Sandbox(), port=port) as again:
        assert again.url == server.url


def test_a_server_that_never_started_can_be_stopped():
    SandboxServer().stop()


def test_many_callers_at_once(server):
    def one(_):
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        try:
            return [ask(connection)[0].status for _ in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(one, range(20)))

    assert statuses == [[200] * 5] * 20
    assert len(server.sandbox.users) == server.sandbox.count("createUser") == 100


def test_neither_calls_nor_reprs_hold_secrets(server, connection):
    ask(connection, path="/files/very-secret.glb?token=secret", body=b"secret")

    assert "secret" not in repr(server.sandbox.calls)
