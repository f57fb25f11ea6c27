"""The door out: a sender leases the channels that have something to send and serves them all in one loop.

`tasks.run_sender` runs one for a slice of time; any number may run on any number of machines. What a sender that dies
leaves behind is found by `sweep`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError, connection

from messengers import handover, hints
from messengers.driver import Driver, open_client
from messengers.media import read_file
from messengers.pump import Pump

logger = logging.getLogger(__name__)

SLICE = 30.0  # seconds after which the channels are given back, so that others get their turn
CHANNELS = 200
SCAN = 1.0
HEARTBEAT = 2.0
# We stop believing in our leases earlier than others do, so that a stalled sender and its heir never both send.
TRUST = handover.LEASE.total_seconds() - 3
_THREADS = 4
_Result = TypeVar("_Result")

sweep = handover.sweep


class Sender:
    """One process's part in sending."""

    def __init__(self, *, channels: int = CHANNELS, seconds: float = SLICE) -> None:
        """Serve at most `channels` channels at a time, for `seconds`."""
        self.id: UUID = uuid4()
        self.driver: Driver
        self._limit = channels
        self._until = time.monotonic() + seconds
        self._pumps: dict[int, asyncio.Task[None]] = {}
        self._by_channel: dict[int, Pump] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sender")
        self._heart = ThreadPoolExecutor(1, thread_name_prefix="sender-heart")
        self._stir = asyncio.Event()
        self._trusted_until = 0.0

    async def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Send until the slice is over or `should_stop`; then finish what is under way and give everything back."""
        async with open_client() as client:
            self.driver = Driver(client, read=self._read)
            watchers = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
            try:
                while time.monotonic() < self._until and not await asyncio.to_thread(should_stop):
                    self._stir.clear()
                    await self._claim()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stir.wait(), SCAN)
            finally:
                await self._give_back()
                for watcher in watchers:
                    watcher.cancel()
                await asyncio.gather(*watchers, return_exceptions=True)
                await asyncio.to_thread(self._close)

    # ---- what a pump stands on

    async def database(self, step: Callable[[], _Result]) -> _Result:
        """Run a step in a thread of this sender's own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _in_database, step)

    async def _read(self, workspace_id: int, media_id: int) -> bytes:
        return await self.database(lambda: read_file(workspace_id, media_id))

    def holds(self) -> bool:
        """Say whether the leases are surely still ours."""
        return time.monotonic() < self._trusted_until

    # ---- channels

    async def _claim(self) -> None:
        """Take channels that wait for a sender, as many as there is room for."""
        room = self._limit - len(self._pumps)
        if room <= 0:
            return
        try:
            waiting = await self.database(lambda: handover.channels_to_serve(self._limit))
            chosen = in_turns([(workspace, channel) for workspace, channel in waiting], room)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away; senders wait for it: %s", error)
            return
        served = (self._serve(workspace, channel) for workspace, channel in chosen)
        for result in await asyncio.gather(*served, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A channel could not be taken", exc_info=result)

    async def _serve(self, workspace_id: int, channel_id: int) -> None:
        if channel_id in self._pumps:
            return
        asked_at = time.monotonic()
        held = await self.database(lambda: handover.claim(workspace_id, channel_id, self.id))
        if held is None:
            return
        if not self._pumps:
            self._trusted_until = asked_at + TRUST
        pump = Pump(self, held)
        self._by_channel[channel_id] = pump
        self._pumps[channel_id] = asyncio.create_task(self._pump(pump))

    async def _pump(self, pump: Pump) -> None:
        held = pump.held
        try:
            await pump.run()
        except Exception:
            logger.exception("Channel %s is given back", held.channel_id)
        finally:
            try:
                await self.database(lambda: handover.release(held, self.id))
            except (OperationalError, InterfaceError) as error:
                logger.warning("Channel %s comes back when its lease runs out: %s", held.channel_id, error)
            del self._pumps[held.channel_id], self._by_channel[held.channel_id]
            self._stir.set()

    async def _give_back(self) -> None:
        for pump in list(self._by_channel.values()):
            pump.stop()
        if self._pumps:
            await asyncio.wait(list(self._pumps.values()))

    # ---- watchers

    async def _listen(self) -> None:
        """Hear of new messages at once. Without hints they are found by scanning."""
        while True:
            async for channel_id in hints.woken():
                if pump := self._by_channel.get(channel_id):
                    pump.wake()
                else:
                    self._stir.set()
            await asyncio.sleep(SCAN)

    async def _beat(self) -> None:
        """Keep the leases, and let go of channels that another sender has taken meanwhile."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT)
            asked_at = time.monotonic()
            ours = set(self._by_channel)
            if not ours:
                continue
            try:
                kept = await loop.run_in_executor(self._heart, _in_database, lambda: handover.renew(self.id))
            except (OperationalError, InterfaceError) as error:
                logger.warning("A heartbeat is late: %s", error)
                continue
            self._trusted_until = asked_at + TRUST
            for channel_id in ours - kept:
                if pump := self._by_channel.get(channel_id):
                    pump.stop()

    def _close(self) -> None:
        for pool, size in ((self._threads, _THREADS), (self._heart, 1)):
            together = Barrier(size)  # one for each thread: each closes its own connection
            for _ in range(size):
                pool.submit(_close_connection, together)
            pool.shutdown()


def in_turns(waiting: Sequence[tuple[int, int]], room: int) -> list[tuple[int, int]]:
    """Choose channels to serve, workspace by workspace in turn, so that one with many leaves room for the others."""
    by_workspace: dict[int, list[tuple[int, int]]] = {}
    for place in waiting:
        by_workspace.setdefault(place[0], []).append(place)
    chosen: list[tuple[int, int]] = []
    while by_workspace and len(chosen) < room:
        for workspace_id in list(by_workspace):
            chosen.append(by_workspace[workspace_id].pop(0))
            if not by_workspace[workspace_id]:
                del by_workspace[workspace_id]
    return chosen[:room]


def _in_database(step: Callable[[], _Result]) -> _Result:
    try:
        return step()
    except (OperationalError, InterfaceError):
        connection.close()  # PostgreSQL may have been restarted: the next step opens a new one
        raise


def _close_connection(together: Barrier) -> None:
    together.wait()
    connection.close()
