"""The door out: a sender leases the channels that have something to send and serves them all in one loop.

`tasks.run_sender` runs one for a slice of time; any number may run on any number of machines. What a sender that dies
leaves behind is found by `sweep`.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from messengers import hints, leases, outcomes, sending_counts
from messengers.capacity import Capacity
from messengers.driver import Driver, open_driver
from messengers.leases import Place
from messengers.media import read_file
from messengers.pump import Pump

logger = logging.getLogger(__name__)

SLICE = 30.0  # seconds after which the channels are given back, so that others get their turn
CHANNELS = 200
CALLS = 600  # under way at once
SCAN = 1.0
HEARTBEAT = 2.0
COUNTING = 1.0
# We stop believing in our leases earlier than others do, so that a stalled sender and its heir never both send.
TRUST = leases.LEASE.total_seconds() - 3
_THREADS = 4
_Result = TypeVar("_Result")

sweep = outcomes.sweep


class Sender:
    """One process's part in sending."""

    def __init__(self, *, channels: int = CHANNELS, seconds: float = SLICE) -> None:
        """Serve at most `channels` channels at a time, for `seconds`."""
        self.id: UUID = uuid4()
        self.driver: Driver
        self.capacity = Capacity(CALLS)
        self._limit = channels
        self._until = time.monotonic() + seconds
        self._pumps: dict[tuple[int, int], tuple[Pump, asyncio.Task[None]]] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sender")
        self._express = ThreadPoolExecutor(1, thread_name_prefix="sender-express")
        self._heart = ThreadPoolExecutor(1, thread_name_prefix="sender-heart")
        self._stir = asyncio.Event()
        self._hinted: set[Place] = set()
        self._scan_at = 0.0
        self._left: set[Place] = set()
        self._trusted_until = 0.0
        self._ended: dict[int, tuple[int, int]] = {}  # by channel: how many were sent and failed, not yet noted

    async def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Send until the slice is over or `should_stop`; then finish what is under way and give everything back."""
        _look_for_garbage_seldom()
        async with open_driver(CALLS, read=self._read) as self.driver:
            watchers = [asyncio.create_task(watch()) for watch in (self._listen, self._beat, self._keep_counting)]
            try:
                while time.monotonic() < self._until and not await asyncio.to_thread(should_stop):
                    self._stir.clear()
                    await self._claim()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stir.wait(), SCAN)
            finally:
                await self._give_back(should_stop)
                for watcher in watchers:
                    watcher.cancel()
                await asyncio.gather(*watchers, return_exceptions=True)
                await asyncio.to_thread(sending_counts.note, self._ended)
                await asyncio.to_thread(self._close)

    # ---- what a pump stands on

    async def database(self, step: Callable[[], _Result], *, urgent: bool = False) -> _Result:
        """Run a step in a thread of this sender's own; an urgent one does not wait for others."""
        threads = self._express if urgent else self._threads
        return await asyncio.get_running_loop().run_in_executor(threads, _in_database, step)

    def count(self, channel_id: int, *, sent: int, failed: int) -> None:
        """Note how many messages of a channel have ended."""
        before = self._ended.get(channel_id, (0, 0))
        self._ended[channel_id] = before[0] + sent, before[1] + failed

    async def _read(self, workspace_id: int, media_id: int) -> bytes:
        content = await self.database(lambda: read_file(workspace_id, media_id))
        if not self.holds():
            raise InterfaceError("the lease ran out while a file was read")
        return content

    def holds(self) -> bool:
        """Say whether the leases are surely still ours."""
        return time.monotonic() < self._trusted_until

    # ---- channels

    async def _claim(self) -> None:
        """Take channels that wait for a sender: those that a hint named, then all others there is room for."""
        hinted, self._hinted = self._hinted, set()
        try:
            for place in hinted:
                if len(self._pumps) < self._limit:
                    await self._try(place)
            if time.monotonic() >= self._scan_at:
                self._scan_at = time.monotonic() + SCAN
                await self._scan()
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away; senders wait for it: %s", error)

    async def _try(self, place: Place) -> None:
        try:
            await self._serve(place)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Channel %s could not be taken", place[1])

    async def _scan(self) -> None:
        waiting = await self.database(lambda: leases.places_to_serve(self._limit))
        waiting.sort(key=lambda place: self.capacity.served(place[0]))  # or who made room would take it back himself
        room = max(0, self._limit - len(self._pumps))
        chosen = self._leave_some_shards(waiting)[:room]
        for result in await asyncio.gather(*map(self._serve, chosen), return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A channel could not be taken", exc_info=result)
        if len(chosen) == room:
            self._make_room([place for place in waiting if place not in chosen])

    def _leave_some_shards(self, waiting: Sequence[Place]) -> list[Place]:
        """Return what to take: one shard of a channel in each round, and another only if it was left free meanwhile."""
        served = {channel_id for channel_id, _ in self._pumps}
        chosen: dict[int, Place] = {}
        for place in waiting:
            if place[1] not in chosen and (place[1] not in served or place in self._left):
                chosen[place[1]] = place
        self._left = set(waiting)
        return list(chosen.values())

    def _make_room(self, waiting: Sequence[Place]) -> None:
        """Let others have a channel's place of the workspace that has more than half of them."""
        workspace_id = self.capacity.too_many(self._limit)
        strangers = [place for place in waiting if place[0] != workspace_id]
        if workspace_id is None or not strangers:
            return
        theirs = [pump for pump, _ in self._pumps.values() if pump.held.workspace_id == workspace_id]
        for pump in theirs[: min(len(strangers), len(theirs) - self._limit // 2)]:
            pump.stop()
        self._scan_at = 0

    async def _serve(self, place: Place) -> None:
        if place[1:] in self._pumps:
            return
        asked_at = time.monotonic()
        held = await self.database(lambda: leases.claim(place, self.id))
        if held is None:
            return
        if not self._pumps:
            self._trusted_until = asked_at + TRUST
        pump = Pump(self, held)
        self.capacity.enter(held.workspace_id)
        self._pumps[place[1:]] = pump, asyncio.create_task(self._pump(pump))

    async def _pump(self, pump: Pump) -> None:
        held = pump.held
        try:
            await pump.run()
        except Exception:
            logger.exception("Channel %s is given back", held.channel_id)
        finally:
            try:
                await self.database(lambda: leases.release(held, self.id))
            except (OperationalError, InterfaceError) as error:
                logger.warning("Channel %s comes back when its lease runs out: %s", held.channel_id, error)
            del self._pumps[held.channel_id, held.shard]
            self.capacity.leave(held.workspace_id)
            self._stir.set()

    async def _give_back(self, should_stop: Callable[[], bool]) -> None:
        ending = self._stop_all()
        # One may still be busy with an upload for minutes: nobody else has to wait for that.
        while ending and not await asyncio.to_thread(should_stop):
            _, ending = await asyncio.wait(ending, timeout=SCAN / 4)
            if ending:
                await self._claim()
        if ending := self._stop_all():
            await asyncio.wait(ending)

    def _stop_all(self) -> set[asyncio.Task[None]]:
        for pump, _ in self._pumps.values():
            pump.stop()
        return {task for _, task in self._pumps.values()}

    # ---- watchers

    async def _listen(self) -> None:
        """Hear of new messages at once. Without hints they are found by scanning."""
        while True:
            async for place in hints.woken():
                if place is None:
                    self._look_everywhere()
                elif served := self._pumps.get(place[1:]):
                    served[0].wake()
                else:
                    self._hinted.add(place)
                    self._stir.set()
            await asyncio.sleep(SCAN)

    def _look_everywhere(self) -> None:
        self._scan_at = 0
        for pump, _ in self._pumps.values():
            pump.wake()
        self._stir.set()

    async def _beat(self) -> None:
        """Keep the leases, and let go of channels that another sender has taken meanwhile."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT)
            asked_at = time.monotonic()
            ours = set(self._pumps)
            if not ours:
                continue
            try:
                kept = await loop.run_in_executor(self._heart, _in_database, lambda: leases.renew(self.id))
            except (OperationalError, InterfaceError) as error:
                logger.warning("A heartbeat is late: %s", error)
                continue
            self._trusted_until = asked_at + TRUST
            for place in ours - kept:
                if served := self._pumps.get(place):
                    served[0].lose()

    async def _keep_counting(self) -> None:
        """Note the numbers of all channels together."""
        while True:
            await asyncio.sleep(COUNTING)
            ended, self._ended = self._ended, {}
            if ended:
                await asyncio.to_thread(sending_counts.note, ended)

    def _close(self) -> None:
        for pool, size in ((self._threads, _THREADS), (self._express, 1), (self._heart, 1)):
            together = Barrier(size)  # one for each thread: each closes its own connection
            for _ in range(size):
                pool.submit(_close_connection, together)
            pool.shutdown()


def _look_for_garbage_seldom() -> None:
    """Spare a fifth of a sender's time: what was imported stays, and what a call leaves is freed without looking."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _in_database(step: Callable[[], _Result]) -> _Result:
    try:
        return step()
    except (OperationalError, InterfaceError):
        connection.close()  # PostgreSQL may have been restarted: the next step opens a new one
        raise
    except DatabaseError as error:
        # A server that dies under a statement is told as an error of no kind.
        if connection.connection is not None and connection.is_usable():
            raise
        connection.close()
        raise OperationalError(str(error)) from error


def _close_connection(together: Barrier) -> None:
    together.wait()
    connection.close()
