"""The messenger's side of the benches, as cheap as we can make it: answers every POST, counts them, notes some.

A program of its own: it prints its port. `GET /` tells what came:
{"count": …, "seen": {to: when first}, "paths": {path: count}}, where `seen` are the people to whom a text with the mark
went, by the clock that all processes of a machine share, and `paths` what came under a longer address than usual.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from typing import cast

import uvloop


class Sink(asyncio.Protocol):
    """One connection."""

    count = 0
    paths: Counter[str] = Counter()
    seen: dict[str, float] = {}
    mark = b""
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end].lower()
            whole = end + 4 + _content_length(head)
            if len(self._waiting) < whole:
                return
            body, self._waiting = self._waiting[end + 4 : whole], self._waiting[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get "):
            self._write(json.dumps({"count": Sink.count, "seen": Sink.seen, "paths": Sink.paths}).encode())
            return
        Sink.count += 1
        if not head.startswith(b"post /send"):
            Sink.paths[head[5 : head.index(b"/send")].decode()] += 1
        if self.mark and self.mark in body:
            Sink.seen.setdefault(json.loads(body)["to"], time.monotonic())
        answer = b'{"id":"ext-%d"}' % Sink.count
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
        if not self._transport.is_closing():
            self._transport.write(head + answer)


def _content_length(head: bytes) -> int:
    start = head.find(b"content-length:")
    if start < 0:
        return 0
    end = head.find(b"\r\n", start)
    return int(head[start + 15 : end if end > 0 else None])


async def serve(port: int) -> None:
    """Answer for ever."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mark", default="")
    parser.add_argument("--delay", type=float, default=0.0)
    arguments = parser.parse_args()
    Sink.mark, Sink.delay = arguments.mark.encode(), arguments.delay
    uvloop.run(serve(0))
