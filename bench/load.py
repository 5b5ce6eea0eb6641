"""A small load client: a bounded number of requests over a few connections that stay open, and how fast they went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

Answers = list[tuple[int, bytes]]


class _Connection(asyncio.Protocol):
    """One connection: asks, reads to the end of the answer, asks again until nothing is left to ask."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None], wanted: bytes) -> None:
        self.requests, self.done, self.wanted = requests, done, wanted
        self.buffer = bytearray()
        self.needed = -1
        self.wrong: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.needed < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end]).lower()
            if not head.startswith(self.wanted):
                self.wrong = bytes(self.buffer[:300])
                self.transport.close()
                return
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            self.needed = end + 4 + int(length or 0)
        if len(self.buffer) >= self.needed:
            self.buffer.clear()
            self.needed = -1
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done.done():
            return
        if self.wrong is not None:
            self.done.set_exception(AssertionError(f"the server answered: {self.wrong!r}"))
        elif exc is not None:
            self.done.set_exception(exc)
        else:
            self.done.set_result(None)


def rate(port: int, request: Callable[[int], bytes], count: int, connections: int = 8) -> float:
    """Answers per second to `count` requests; `request(n)` gives the n-th. All must be answered with 200."""
    left = iter([request(number) for number in range(count)])

    async def run() -> float:
        loop = asyncio.get_running_loop()
        waits = []
        begun = time.perf_counter()
        for _ in range(connections):
            done: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda done=done: _Connection(left, done, b"http/1.1 200"), "127.0.0.1", port)
            waits.append(done)
        await asyncio.gather(*waits)
        return count / (time.perf_counter() - begun)

    return asyncio.run(run())


def get(path: str, host: str = "bench.example", **headers: str) -> bytes:
    """The bytes of one request."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
