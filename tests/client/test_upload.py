"""Three photos go out as they are read: in small pieces, once, and within a time limit."""

from __future__ import annotations

import os
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import Any, BinaryIO

import pytest
from urllib3.exceptions import TimeoutError as UrllibTimeout

from django_avaturn.client import AvaturnClient
from django_avaturn.client.multipart import PIECE, Multipart
from django_avaturn.exceptions import (
    AvaturnError,
    AvaturnInvalid,
    AvaturnRejected,
    AvaturnTimeout,
    AvaturnUnavailable,
)

from .calls import SECRETS, TOKEN, UPLOAD_PATH
from .server import Answer, Received, Server

MB = 1024 * 1024
NAMES = ("image-frontal", "image-side-1", "image-side-2")


def send(client: AvaturnClient, *photos: BinaryIO) -> None:
    """Upload three photos to the client's own host."""
    frontal, side_1, side_2 = photos or (BytesIO(b"1"), BytesIO(b"2"), BytesIO(b"3"))
    url = client._transport._base_url + UPLOAD_PATH
    client.upload_photos(
        url, frontal=frontal, side_1=side_1, side_2=side_2, body_type="male", telephoto=True
    )


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body)
    assert not message.defects
    return {
        part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True)
        for part in message.get_payload()
    }


def sent_parts(sent: Received) -> dict[str, bytes]:
    assert int(sent.headers["Content-Length"]) == len(sent.body)
    assert sent.headers["Transfer-Encoding"] is None
    return parts(sent.headers["Content-Type"], sent.body)


CONTENTS = {
    "tiny": b"x",
    "empty": b"",
    "lines": b"\r\n--\r\n\r\n--x--\r\n",
    "all bytes": bytes(range(256)),
    "a piece": os.urandom(PIECE),
    "a byte more": os.urandom(PIECE + 1),
    "many pieces": os.urandom(5 * PIECE + 7),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_arrives_is_what_was_given(server: Server, api: Any, name: str) -> None:
    photos = [BytesIO(CONTENTS[name] + bytes([number])) for number in range(3)]
    photos[0].seek(0, os.SEEK_END)  # whoever looked at it first need not wind it back
    send(api, *photos)

    [sent] = server.requests
    assert sent_parts(sent) == {
        "body-type": b"male",
        "telephoto": b"true",
        **{name: photo.getvalue() for name, photo in zip(NAMES, photos, strict=True)},
    }


def test_an_empty_file_is_a_part_too(server: Server, api: Any) -> None:
    send(api, BytesIO(), BytesIO(), BytesIO())
    assert [sent_parts(server.requests[0])[name] for name in NAMES] == [b"", b"", b""]


def test_thirty_megabytes_take_no_memory(server: Server, api: Any) -> None:
    """One connection, one request, and never more than a few pieces at a time."""
    server.keep_bodies = False
    with large() as front, large() as left, large() as right:
        send(api)  # whatever is loaded once
        with peak_memory() as peak:
            send(api, front, left, right)

    assert server.requests[-1].size > 30 * MB
    assert int(server.requests[-1].headers["Content-Length"]) == server.requests[-1].size
    assert (len(server.requests), server.connections) == (2, 1)
    assert peak() < MB


@contextmanager
def large() -> Iterator[BinaryIO]:
    with TemporaryFile() as file:
        file.truncate(10 * MB)
        yield file


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Bytes that Python objects took at the most, the server's included."""
    tracemalloc.start()
    start, _ = tracemalloc.get_traced_memory()
    try:
        tracemalloc.reset_peak()
        yield lambda: peak
    finally:
        peak = tracemalloc.get_traced_memory()[1] - start
        tracemalloc.stop()


def test_the_link_is_the_only_permission(
    server: Server, api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(api)

    headers = server.requests[0].headers
    assert headers["Authorization"] is None
    assert TOKEN not in str(headers)


class Named(BytesIO):
    name = 'x"; name="body-type"\r\nContent-Type: text/html\r\n\r\n'
    content_type = "text/html\r\nX: y"


def test_names_of_files_do_not_count(server: Server, api: Any) -> None:
    """They come from a browser."""
    send(api, *(Named(b"photo") for _ in NAMES))
    body = server.requests[0].body
    assert body.count(b"Content-Type: image/jpeg\r\n") == 3
    assert b"html" not in body
    assert len(sent_parts(server.requests[0])) == 5


def test_a_boundary_is_used_once(server: Server, api: Any) -> None:
    """Nobody can make a photo that holds the next one."""
    send(api)
    send(api)
    first, second = (sent.headers["Content-Type"] for sent in server.requests)
    assert first != second


def test_it_can_be_read_again_from_the_beginning() -> None:
    """A connection that was refused may be tried again: nothing had been sent."""
    form = Multipart({"a": "b"}, {"image-frontal": BytesIO(CONTENTS["many pieces"])})
    first, second = b"".join(form), b"".join(form)
    assert first == second
    assert len(first) == len(form)
    assert max(map(len, form)) == PIECE
    assert parts(form.content_type, first)["image-frontal"] == CONTENTS["many pieces"]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, AvaturnRejected), (413, AvaturnRejected), (422, AvaturnInvalid)]
)
@pytest.mark.parametrize("fault", ["", "early"])
def test_unusable_photos(
    server: Server, api: Any, status: int, kind: type[AvaturnError], fault: Any
) -> None:
    """Also where the host answers and hangs up while the photos are still on their way."""
    server.answers(Answer(status, {"detail": SECRETS}, fault=fault))
    with large() as front, large() as left, large() as right, pytest.raises(kind) as caught:
        send(api, front, left, right)

    assert (type(caught.value), caught.value.status) == (kind, status)
    assert caught.value.path == "<upload link>"
    assert not [secret for secret in SECRETS if secret in repr(vars(caught.value))]
    assert len(server.requests) == 1


def test_a_photo_that_shrinks_ends_the_upload(server: Server, api: Any) -> None:
    with large() as front:

        class Shrinking(BytesIO):
            def seek(self, *args: Any) -> int:
                if args == (0,):  # its size has been taken
                    self.truncate(3)
                return super().seek(*args)

        with pytest.raises(AvaturnUnavailable, match="ValueError"):
            send(api, front, Shrinking(b"x" * MB), BytesIO(b"3"))


def test_a_closed_photo_is_the_callers_mistake(server: Server, api: Any) -> None:
    closed = BytesIO(b"x")
    closed.close()
    with pytest.raises(ValueError, match="closed file"):
        send(api, BytesIO(b"1"), closed, BytesIO(b"3"))
    assert not server.connections


class Slow(BytesIO):
    """A photo that takes its time, as a slow line does."""

    wait: Callable[[float], object]

    def read(self, size: int | None = -1) -> bytes:
        self.wait(0.05)
        return super().read(size)


def slow(server: Server, pieces: int) -> Slow:
    photo = Slow(bytes(pieces * PIECE))
    photo.wait = server.stopping.wait
    return photo


def test_an_upload_may_take_longer_than_a_call(server: Server, connect: Any) -> None:
    started = monotonic()
    send(connect(timeout=0.3), slow(server, 10), BytesIO(b"2"), BytesIO(b"3"))
    assert monotonic() - started > 0.5
    assert len(server.requests) == 1


def test_but_not_for_ever(server: Server, connect: Any) -> None:
    """Six times as long as connecting and reading together."""
    started = monotonic()
    with pytest.raises(AvaturnTimeout):
        send(connect(timeout=(0.05, 0.05)), slow(server, 600), BytesIO(b"2"), BytesIO(b"3"))
    assert 0.55 < monotonic() - started < 5


def test_a_host_that_does_not_read_is_given_up(server: Server, connect: Any) -> None:
    """The limit of connecting bounds how long a piece may take to leave."""
    server.answers(Answer(fault="deaf"))
    started = monotonic()
    with large() as front, pytest.raises(AvaturnTimeout) as caught:
        send(connect(timeout=(0.2, 30)), front, BytesIO(b"2"), BytesIO(b"3"))
    assert monotonic() - started < 5
    assert caught.value.__context__ is None
    assert len(server.requests) == 1


def test_no_piece_is_read_after_the_deadline() -> None:
    def late() -> None:
        raise UrllibTimeout("late")

    photo = BytesIO(b"x")
    with pytest.raises(UrllibTimeout):
        list(Multipart({}, {"image-frontal": photo}, late))


def test_a_refused_connection_is_told_without_the_link() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AvaturnUnavailable, match="NewConnectionError") as caught:
        send(AvaturnClient(TOKEN, base_url=f"http://127.0.0.1:{port}", max_retries=2))
    assert "secret" not in repr(vars(caught.value))
