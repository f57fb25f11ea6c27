"""Serves one channel for a sender: takes what may leave, sends it at the messenger's pace, writes what became of it.

`delivery.Sender` runs one pump for each channel that it has. Taking, sending and writing overlap.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from messengers import fit, handover
from messengers.adapter import Outcome, Outgoing, Rejected, RetryAt, Sent
from messengers.driver import Driver
from messengers.handover import Claim, Finished, Handed
from messengers.limits import Bucket

logger = logging.getLogger(__name__)

IN_FLIGHT = 100
FOR_ANSWERS = 20  # places that a mailing leaves free
POLL = 1.0
IDLE = 1.0  # seconds without a message, after which the channel is given back
SOON = (0.02, 0.05, 0.1, 0.25)  # after a hint that came while somebody held the conversation
_Result = TypeVar("_Result")


class Ground(Protocol):
    """What a pump stands on: its sender."""

    id: UUID
    driver: Driver

    async def database(self, step: Callable[[], _Result]) -> _Result:
        """Run a step in a thread."""

    def holds(self) -> bool:
        """Say whether the leases are surely still ours."""


class Pump:
    """One channel's messages, from the queue to their outcome."""

    def __init__(self, ground: Ground, held: Claim) -> None:
        """Serve the channel `held` from the sender `ground`."""
        self.held = held
        self._ground = ground
        self._chats: dict[int, Bucket] = {}
        self._flying: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._stir = asyncio.Event()
        self._landed = asyncio.Event()
        self._stopping = False
        self._soon = 0
        self._worked_at = time.monotonic()

    def wake(self) -> None:
        """There may be something new."""
        self._soon = len(SOON)
        self._stir.set()

    def stop(self) -> None:
        """Take nothing more; what is under way is finished and written down."""
        self._stopping = True
        self._stir.set()

    async def run(self) -> None:
        """Serve the channel until it is idle or the sender stops."""
        writer = asyncio.create_task(self._write())
        try:
            while not self._stopping and self._is_busy():
                self._stir.clear()
                if not await self._take():
                    await self._rest()
        finally:
            if self._flying:
                await asyncio.wait(self._flying)
            self._stopping = True
            self._landed.set()
            await writer

    def _is_busy(self) -> bool:
        return bool(self._flying or self._finished) or time.monotonic() - self._worked_at < IDLE

    # ---- taking

    async def _take(self) -> bool:
        """Hand over what may leave now; say whether there may be more at once."""
        now = time.time()
        room = min(IN_FLIGHT - len(self._flying), self.held.bucket.available(now))
        if room <= 0 or not self._ground.holds():
            return False
        bulk = min(room, IN_FLIGHT - FOR_ANSWERS - len(self._flying))
        resting = self._resting(now)
        try:
            taken = await self._ground.database(
                lambda: handover.take(self.held, self._ground.id, interactive=room, bulk=bulk, resting=resting)
            )
        except Exception:
            logger.exception("Channel %s could not be read and is tried again", self.held.channel_id)
            return False
        for message in taken.messages:
            self._start(message)
        if taken.messages:
            self._worked_at = time.monotonic()
            self._soon = 0
        return taken.more

    def _start(self, message: Handed) -> None:
        self._spend(message.identity_id)
        task = asyncio.create_task(self._send(message))
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    def _resting(self, now: float) -> list[int]:
        """Return the people who were written to so lately that their chat's own limit bids us wait."""
        self._chats = {identity: chat for identity, chat in self._chats.items() if chat.wait(now) > 0}
        return list(self._chats)

    async def _rest(self) -> None:
        """Wait for the next reason to look."""
        now = time.time()
        waits = [POLL, *(chat.wait(now) for chat in self._chats.values())]
        if (pace := self.held.bucket.wait(now)) > 0:
            waits.append(pace)
        if self._soon:
            waits.append(SOON[-self._soon])
            self._soon -= 1
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), max(0.005, min(waits)))

    # ---- sending

    async def _send(self, message: Handed) -> None:
        try:
            outcome, parts_sent = await self._attempt(message)
        except Exception as error:
            # The driver answers for whatever was called, so this was before a call.
            logger.exception("Message %s cannot be sent", message.id)
            outcome, parts_sent = Rejected(f"{type(error).__name__}: {error}"), message.parts_sent
        self._finished.append(Finished(message, outcome, parts_sent, datetime.now(UTC)))
        self._landed.set()
        if isinstance(outcome, RetryAt):
            asyncio.get_running_loop().call_later(outcome.seconds, self._stir.set)

    async def _attempt(self, message: Handed) -> tuple[Outcome, int]:
        """Send what is left of a message; return what it came to, and how many of its parts the messenger has."""
        parts = fit.fit(message.content, self.held.capabilities, message.media_urls).parts
        outcome: Outcome = Sent()
        for number in range(message.parts_sent, len(parts)):
            if number > message.parts_sent:
                await self._pace(message.identity_id)
            if not self._ground.holds():
                # Another sender may believe that we are dead. This part has surely not left, which is worth saying.
                return RetryAt(POLL, "sender_stalled"), number
            outgoing = Outgoing(message.id, message.to, parts[number], f"{message.id}-{number}", message.media_urls)
            outcome = await self._ground.driver.send(
                self.held.adapter.send(self.held.facts, outgoing), self.held.workspace_id
            )
            if not isinstance(outcome, Sent):
                return outcome, number
        return outcome, len(parts)

    async def _pace(self, identity_id: int) -> None:
        """Wait until the next part of a message may leave, too."""
        while True:
            now = time.time()
            wait = max(self._chat(identity_id, now).wait(now), self.held.bucket.wait(now))
            if wait <= 0:
                return self._spend(identity_id)
            await asyncio.sleep(wait)

    def _spend(self, identity_id: int) -> None:
        now = time.time()
        self._chat(identity_id, now).spend(1, now)
        self.held.bucket.spend(1, now)

    def _chat(self, identity_id: int, now: float) -> Bucket:
        if identity_id not in self._chats:
            self._chats[identity_id] = Bucket.full(self.held.capabilities.per_chat, now)
        return self._chats[identity_id]

    # ---- writing

    async def _write(self) -> None:
        """Write outcomes as they come; while one statement runs, the next ones gather."""
        while not (self._stopping and not self._flying and not self._finished):
            await self._landed.wait()
            self._landed.clear()
            while self._finished:
                batch, self._finished = self._finished, []
                await self._record(batch)
                self._stir.set()

    async def _record(self, finished: list[Finished]) -> None:
        held = self.held
        while True:
            try:
                return await self._ground.database(
                    lambda: handover.record(held.workspace_id, held.channel_id, self._ground.id, finished)
                )
            except (OperationalError, InterfaceError):
                logger.exception("Outcomes of %s messages could not be written and are tried again", len(finished))
                await asyncio.sleep(POLL)
            except Exception:
                if len(finished) == 1:
                    logger.exception("The outcome of message %s is lost: it ends as uncertain", finished[0].message.id)
                    return None
                for one in finished:  # one that cannot be written must not take the others with it
                    await self._record([one])
                return None
