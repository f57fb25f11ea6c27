"""What all fakes stand on: the lab's event loop, its account, its switches, its people, and news for those who watch.

Fakes live in the loop. Tests live in threads of their own: a method marked `on_the_loop` may be called from both.
"""

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import aiohttp

from lab.account import Account
from lab.misbehaviour import Misbehaviour
from lab.people import People

_Result = TypeVar("_Result")
_Given = ParamSpec("_Given")


class Ground:
    """One lab's ground. `url` is known once the lab listens."""

    def __init__(self) -> None:
        self.account = Account()
        self.misbehaviour = Misbehaviour()
        self.people = People()
        self.url = ""
        self.watched = Watched()
        self.changed: Callable[[], None] = lambda: None  # called when something is worth keeping
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._client: aiohttp.ClientSession | None = None

    def begin(self, url: str) -> None:
        """Take the running loop as the lab's."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self.url = url

    @property
    def client(self) -> aiohttp.ClientSession:
        """The client with which fakes call others."""
        if self._client is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
            self._client = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))
        return self._client

    async def end(self) -> None:
        """Stop what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def do(self, work: Callable[[], _Result]) -> _Result:
        """Do something in the lab's loop, from wherever we are."""
        if self._loop is None or threading.get_ident() == self._thread:
            return work()

        async def in_loop() -> _Result:
            return work()

        return asyncio.run_coroutine_threadsafe(in_loop(), self._loop).result(30)


class HasGround(Protocol):
    """Whatever stands on a ground."""

    ground: Ground


_Self = TypeVar("_Self", bound=HasGround)


def on_the_loop(
    method: Callable[Concatenate[_Self, _Given], _Result],
) -> Callable[Concatenate[_Self, _Given], _Result]:
    """Let a method be called from any thread."""

    @functools.wraps(method)
    def called(self: _Self, /, *args: _Given.args, **given: _Given.kwargs) -> _Result:
        return self.ground.do(lambda: method(self, *args, **given))

    return called


class Watched:
    """Revisions of things that people look at: who waits for the next one is woken by it."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    def revision(self, name: str) -> int:
        """Return how often it has changed."""
        return self._revisions.get(name, 0)

    def touch(self, name: str) -> None:
        """Say that it has changed."""
        self._revisions[name] = self.revision(name) + 1
        for future in self._waiting.pop(name, ()):
            if not future.done():
                future.set_result(None)

    async def after(self, name: str, seen: int, patience: float) -> int:
        """Wait until it is newer than `seen`, and return its revision."""
        if self.revision(name) == seen:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(name, set()).add(future)
            try:
                await asyncio.wait_for(future, patience)
            except TimeoutError:
                self._waiting.get(name, set()).discard(future)
        return self.revision(name)
