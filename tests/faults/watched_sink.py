"""The fake messenger's side, slow enough that calls are under way when something breaks, with an eye on which are."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from fake_messenger import Sink, a_sink


@dataclass
class WatchedSink(Sink):
    """Answers after a while. `open` counts the calls that have not been answered yet."""

    seed: int = 0
    slowness: tuple[float, float] = (0.0, 0.0)
    open: int = 0
    unheard: int = 0  # calls whose caller was gone when the answer was ready
    _chance: random.Random = field(default_factory=random.Random)

    async def send(self, request: web.Request) -> web.StreamResponse:
        self.open += 1
        try:
            answer = await super().send(request)
            await asyncio.sleep(self._chance.uniform(*self.slowness))
            self.unheard += request.transport is None or request.transport.is_closing()
            return answer
        finally:
            self.open -= 1


@contextmanager
def a_slow_sink(seed: int, slowness: tuple[float, float]) -> Iterator[WatchedSink]:
    """A messenger that takes its time; the seed says how much each time."""
    made = WatchedSink(slowness=slowness, _chance=random.Random(seed))
    with a_sink(made):
        yield made
