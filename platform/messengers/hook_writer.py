"""Stores what comes in at the hook door, many at a time: while one transaction is written, the next one gathers.

`hook_door` awaits `keep`, which returns after the commit; the worker is told once for each transaction.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import DataError, Error

from messengers import inbox, tasks
from messengers.arrivals import Arrival, as_unreadable
from messengers.hook_threads import AwayError, in_thread
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

WAITING_LIMIT = 5_000  # more updates than this do not wait in one process
_TOGETHER = 500  # at most, in one transaction
_PENS = 2  # transactions of one workspace at once: while one waits for PostgreSQL, the other gathers

_Waiting = list[tuple[Arrival, "asyncio.Future[None]"]]


class HookWriter:
    """The one pen of this process for each workspace."""

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        self._waiting: dict[int, _Waiting] = {}
        self._pens: dict[int, set[asyncio.Task[None]]] = {}
        self._count = 0
        self._hints = _Hints()

    async def keep(self, workspace_id: int, arrivals: Sequence[Arrival]) -> None:
        """Return when all are committed, or were before; AwayError when they may not be."""
        if self._count >= WAITING_LIMIT:
            raise AwayError("too many are waiting")
        loop = asyncio.get_running_loop()
        mine = [(arrival, loop.create_future()) for arrival in arrivals]
        self._waiting.setdefault(workspace_id, []).extend(mine)
        self._count += len(mine)
        pens = self._pens.setdefault(workspace_id, set())
        if len(pens) < _PENS:
            pen = asyncio.create_task(self._write(workspace_id))
            pens.add(pen)
            pen.add_done_callback(pens.discard)
        for outcome in await asyncio.gather(*(done for _arrival, done in mine), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _write(self, workspace_id: int) -> None:
        while waiting := self._waiting.pop(workspace_id, []):
            together, rest = waiting[:_TOGETHER], waiting[_TOGETHER:]
            if rest:
                self._waiting[workspace_id] = rest
            self._count -= len(together)
            await self._store(workspace_id, together)

    async def _store(self, workspace_id: int, together: _Waiting) -> None:
        arrivals = [arrival for arrival, _done in together]
        problem: Exception | None = None
        try:
            channels = await in_thread(_store, workspace_id, arrivals)
        except AwayError as error:
            problem = error
        except Exception as error:  # whatever it was: who waits must be told, so that the messenger repeats
            if not isinstance(error, Error):
                logger.exception("What came in could not be kept")
            problem = AwayError(str(error))
        else:
            self._hints.give(workspace_id, channels)
        for _arrival, done in together:
            if done.done():
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)


def _store(workspace_id: int, arrivals: Sequence[Arrival]) -> set[int]:
    """Store in one transaction; return the channels in which something new waits."""
    try:
        return _keep(workspace_id, arrivals)
    except DataError:
        channels: set[int] = set()
        for arrival in arrivals:
            try:
                channels |= _keep(workspace_id, [arrival])
            except DataError as error:
                _keep(workspace_id, [as_unreadable(arrival, error)])
        return channels


def _keep(workspace_id: int, arrivals: Sequence[Arrival]) -> set[int]:
    with tenant(workspace_id):
        new = inbox.keep(arrivals)
    return {arrival.channel_id for arrival in arrivals if not arrival.error} if new else set()


class _Hints:
    """Tells the workers, in a thread of its own: Valkey may be slow or away, and the messenger does not wait for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hook-hints")
        self._given: set[int] = set()

    def give(self, workspace_id: int, channels: set[int]) -> None:
        """Tell that something waits in these channels, those apart of which it is about to be told anyway."""
        for channel_id in channels - self._given:
            self._given.add(channel_id)
            self._thread.submit(self._tell, workspace_id, channel_id)

    def _tell(self, workspace_id: int, channel_id: int) -> None:
        self._given.discard(channel_id)
        tasks.announce(channel_id, workspace_id=workspace_id)
