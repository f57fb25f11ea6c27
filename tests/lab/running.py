"""`a_lab()`: the lab in a thread of its own, for the time of a test. `Lab` is the whole of it, also for `server.py`."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from lab import pages
from lab.account import Account
from lab.ground import Ground
from lab.kept import Keeper
from lab.misbehaviour import Misbehaviour, Switch
from lab.people import People
from lab.platforms import all_platforms
from lab.platforms.telegram.telegram import Telegram

BODY_LIMIT = 60 * 1024 * 1024


class Lab:
    """The fakes and the page that shows them. Its methods may be called from any thread."""

    def __init__(self, state: Path | None = None) -> None:
        self.ground = Ground()
        self.platforms = all_platforms(self.ground)
        self.telegram: Telegram = self.platforms["telegram"]
        self._keeper = Keeper(self, state)
        self._runner: web.AppRunner | None = None

    def __getattr__(self, name: str) -> Any:
        """Return a messenger by its name: `lab.vk`."""
        if name != "platforms" and name in self.platforms:
            return self.platforms[name]
        raise AttributeError(name)

    @property
    def url(self) -> str:
        """Where it listens; a fake of a messenger under `/<its kind>`."""
        return self.ground.url

    @property
    def account(self) -> Account:
        """What arrived."""
        return self.ground.account

    @property
    def misbehaviour(self) -> Misbehaviour:
        """The switches."""
        return self.ground.misbehaviour

    @property
    def people(self) -> People:
        """Everybody in it."""
        return self.ground.people

    def misbehaves(self, kind: str, **how: Any) -> Switch:
        """Turn a switch on: `lab.misbehaves("too_many", bot=bot, times=3, seconds=2)`; kinds in `misbehaviour.py`."""
        return self.ground.do(lambda: self.misbehaviour.set(kind, **how))

    def behaves(self) -> None:
        """Turn all switches off."""
        self.ground.do(self.misbehaviour.clear)

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[pages.guard])
        for platform in self.platforms.values():
            app.add_routes(platform.routes())
        app.add_routes(pages.routes(self))
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=1024).start()
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
        self.ground.begin(f"http://{shown}:{self._runner.addresses[0][1]}")
        self._keeper.begin()
        for platform in self.platforms.values():
            platform.begin()

    async def stop(self) -> None:
        """Stop listening."""
        self._keeper.end()
        for platform in self.platforms.values():
            if (end := getattr(platform, "end", None)) is not None:
                await end()  # one that listens on a port of its own
        await self.ground.end()
        if self._runner is not None:
            await self._runner.cleanup()


@contextmanager
def a_lab(state: Path | None = None) -> Iterator[Lab]:
    """A lab at work on a free port of this machine."""
    lab = Lab(state)
    ready = threading.Event()
    ends: list[Callable[[], Any]] = []

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        ends.append(partial(loop.call_soon_threadsafe, stop.set))
        await lab.start("127.0.0.1", 0)
        ready.set()
        await stop.wait()
        await lab.stop()

    thread = threading.Thread(target=asyncio.run, args=(run(),), name="lab")
    thread.start()
    assert ready.wait(20), "the lab did not start"
    try:
        yield lab
    finally:
        ends[0]()
        thread.join(20)
