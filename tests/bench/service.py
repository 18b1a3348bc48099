"""A service in a process of its own, and requests to it over a few kept connections."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

CONNECTIONS = 8


@contextmanager
def served(serve: Callable[..., None], *args: Any) -> Iterator[int]:
    """The port of a service.

    Parameters
    ----------
    serve : callable
        Serves until the process is ended; gets the arguments and a socket that listens.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port: int = listener.getsockname()[1]
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(*args, listener))
        server.start()
    try:
        yield port
    finally:
        server.terminate()
        server.join(timeout=10)


def message(path: str, content: str) -> bytes:
    """A request that posts some JSON."""
    body = content.encode()
    length = f"Content-Length: {len(body)}"
    head = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", length)
    return "\r\n".join([*head, "", ""]).encode() + body


async def answers(port: int, messages: Sequence[bytes], expected: bytes | None = None) -> list[bytes]:
    """The answers of one connection, each read before the next request is sent.

    Raises
    ------
    RuntimeError
        If one is refused, or is another than expected.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for sent in messages:
        writer.write(sent)
        headers = (await reader.readuntil(b"\r\n\r\n")).lower()
        answer = await reader.readexactly(int(headers.split(b"content-length: ")[1].split(b"\r\n")[0]))
        if b" 200 " not in headers[:16] or (expected is not None and answer != expected):
            raise RuntimeError(answer.decode())
        found.append(answer)
    writer.close()
    return found


def rate(
    port: int, messages: Sequence[bytes], *, connections: int = CONNECTIONS, expected: bytes | None = None
) -> float:
    """Requests a second."""

    async def all_of_them() -> None:
        shares = (messages[at::connections] for at in range(connections))
        await asyncio.gather(*(answers(port, share, expected) for share in shares))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    return len(messages) / (time.perf_counter() - began)
