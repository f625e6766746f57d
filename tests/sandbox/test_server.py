import errno
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_avaturn.sandbox import Fault, Sandbox, SandboxServer
from django_avaturn.sandbox.server import RESET

AUTH = {"Authorization": "Bearer sandbox-token"}
NEW = "/api/v1/users/new"
HEAD = f"POST {NEW} HTTP/1.1\r\nHost: x\r\nAuthorization: {AUTH['Authorization']}\r\n".encode()


@pytest.fixture
def connection(server):
    made = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    yield made
    made.close()


def ask(connection, method="POST", path=NEW, body=None, **headers):
    connection.request(method, path, body, {**AUTH, **headers})
    answer = connection.getresponse()
    return answer, answer.read()


def plug(server):
    """A bare connection."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def rest(raw):
    """All that is still to come."""
    return b"".join(iter(lambda: raw.recv(4096), b""))


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
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n3ffffff", b"413"),  # each could be read
    ],
)
def test_an_unreadable_body_ends_the_connection(server, header, status):
    with plug(server) as raw:
        raw.sendall(HEAD + header + b"\r\n\r\n")

        assert rest(raw).split(b" ")[1] == status


def test_a_body_that_breaks_off_ends_the_connection(server):
    with plug(server) as raw:
        raw.sendall(HEAD + b"Content-Length: 9\r\n\r\n{}")
        raw.shutdown(socket.SHUT_WR)

        assert rest(raw).split(b" ")[1] == b"400"
    assert not server.sandbox.users


def test_what_follows_a_chunked_body_is_not_taken_for_the_next_call(server):
    with plug(server) as raw:
        raw.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n")
        raw.sendall(HEAD + b"Connection: close\r\n\r\n")

        assert rest(raw).count(b"HTTP/1.1 200 ") == 2


def test_a_mistake_is_shown_and_serving_goes_on(server, connection, capfd):
    def mistaken(call):
        raise LookupError(call.operation)

    server.sandbox.listener = mistaken
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(connection)
    server.sandbox.listener = None

    assert ask(connection)[0].status == 200
    assert "LookupError: createUser" in capfd.readouterr().err


def test_a_file_that_cannot_be_written_is_shown(tmp_path, capfd):
    sandbox = Sandbox(state_file=tmp_path / "removed" / "state.json")
    with SandboxServer(sandbox) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(connection)
        connection.close()

    assert "FileNotFoundError" in capfd.readouterr().err


@pytest.mark.parametrize(
    "fault",
    [BrokenPipeError(), ConnectionResetError(), TimeoutError(), OSError(errno.EBADF, "closed")],
    ids=repr,
)
def test_connections_that_end_are_no_mistake(server, connection, capfd, fault):
    def leave(call):
        raise fault

    server.sandbox.listener = leave
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(connection)

    assert capfd.readouterr().err == ""


def test_whoever_has_gone_does_not_keep_it_from_stopping(server, connection):
    ask(connection)
    arrived, gone, url = threading.Event(), threading.Event(), server.url
    server.sandbox.listener = lambda call: (arrived.set(), gone.wait(30))
    with plug(server) as leaver:
        leaver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        leaver.sendall(HEAD + b"\r\n")
        assert arrived.wait(10)
        leaver.close()

        server.stop()
        gone.set()

        assert connection.sock.recv(1) == b""
    with SandboxServer(port=int(url.rpartition(":")[2])) as again:
        assert again.url == url


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
