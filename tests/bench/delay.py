"""A wire between browser and server with a round trip of its own.

It forwards bytes, and only their way to the server takes time: what a browser sends arrives one
round trip later, and on a new connection not before a second one, that of TCP, has passed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 2**16


@contextmanager
def delayed(port: int, round_trip: float) -> Iterator[int]:
    """The port at which the server at ``port`` can be reached, ``round_trip`` seconds away.

    The wire is a process of its own.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as door:
        spawn = multiprocessing.get_context("spawn")
        process = spawn.Process(target=run, args=(door, port, round_trip), daemon=True)
        process.start()
        try:
            yield door.getsockname()[1]
        finally:
            process.terminate()
            process.join()


def run(door: socket.socket, port: int, round_trip: float) -> None:
    """Forward for ever."""
    asyncio.run(serve(door, port, round_trip))


async def serve(door: socket.socket, port: int, round_trip: float) -> None:
    """One pair of connections for each that is accepted."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = asyncio.get_running_loop().time() + round_trip
        with suppress(OSError):
            answers, onward = await asyncio.open_connection("127.0.0.1", port)
            there = asyncio.create_task(outward(reader, onward, ready, round_trip))
            await back(answers, writer, onward.get_extra_info("socket"))
            there.cancel()

    server = await asyncio.start_server(accepted, sock=door)
    await server.serve_forever()


async def outward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ready: float, round_trip: float
) -> None:
    """To the server. ``ready`` is when the connection stands; what follows is not held up."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(CHUNK):
        due = max(ready, loop.time()) + round_trip
        loop.call_at(due, writer.write, data)
    loop.call_later(2 * round_trip, writer.close)


async def back(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: socket.socket
) -> None:
    """From the server, at once. It must not wait for the kernel to say that a head has come."""
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            writer.write(data)
            await writer.drain()
    writer.close()
