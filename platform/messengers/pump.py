"""Serves one shard of a channel for a sender: takes what may leave, sends it at the messenger's pace, writes outcomes.

`delivery.Sender` runs one pump for each shard that it has. Taking, sending and writing overlap.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from messengers import handover, outcomes
from messengers.adapter import ChannelBroken, Outcome, Outgoing, Rejected, RetryAt, Sent
from messengers.capacity import Capacity
from messengers.content import Content
from messengers.driver import Driver
from messengers.handover import Finished, Handed, Reading
from messengers.leases import Claim
from messengers.limits import Bucket

logger = logging.getLogger(__name__)

IN_FLIGHT = 500
PORTION = 150  # of a mailing: while one portion is on its way, the next is taken
FOR_ANSWERS = 20  # places that a mailing leaves free
GATHER = 0.01  # seconds in which places and outcomes gather, so that one statement serves many messages
POLL = 1.0
AGAIN = 0.2  # after the database has failed us
IDLE = 1.0  # seconds without a message, after which the channel is given back
SOON = (0.02, 0.05, 0.1, 0.25)  # after a hint that came while somebody held the conversation
_Result = TypeVar("_Result")


class Ground(Protocol):
    """What a pump stands on: its sender."""

    id: UUID
    driver: Driver
    capacity: Capacity

    async def database(self, step: Callable[[], _Result]) -> _Result:
        """Run a step in a thread."""

    def holds(self) -> bool:
        """Say whether the leases are surely still ours."""


class Pump:
    """One shard's messages, from the queue to their outcome."""

    def __init__(self, ground: Ground, held: Claim) -> None:
        """Serve the shard `held` from the sender `ground`."""
        self.held = held
        self._ground = ground
        self._reading = Reading()
        self._uploads: dict[int, asyncio.Lock] = {}
        self._flying: dict[asyncio.Task[None], int] = {}  # with the message's id
        self._finished: list[Finished] = []
        self._stir = asyncio.Event()
        self._landed = asyncio.Event()
        self._stopping = False
        self._ended = False  # nothing more is taken, nor will be
        self._lost = False
        self._paused_until = 0.0  # the messenger has bidden us wait, which is not written down yet
        self._awaiting = 0  # messages that wait until another's file is up
        self._lost_ids: set[int] = set()  # whose outcome could not be written
        self._failed_at: dict[int, float] = {}  # files that could not be uploaded
        self._backlog = False
        self._in_doubt = False
        self._soon = 0
        self._look_at = self._worked_at = time.monotonic()

    def wake(self) -> None:
        """There may be something new."""
        self._soon = len(SOON)
        self._look_at = 0
        self._stir.set()

    def lose(self) -> None:
        """The shard is not ours any more, or of no use: call nothing more."""
        self._lost = True
        self.stop()

    def stop(self) -> None:
        """Take nothing more; what is under way is finished and written down."""
        self._stopping = True
        self._stir.set()

    async def run(self) -> None:
        """Serve the shard until it is idle or the sender stops."""
        writer = asyncio.create_task(self._write())
        try:
            while not self._stopping and self._is_busy():
                self._stir.clear()
                if not await self._take():
                    await self._rest()
        finally:
            if self._flying:
                await asyncio.wait(self._flying)
            if self._in_doubt:
                await self._give_back()
            self._ended = True
            self._landed.set()
            await writer

    async def _give_back(self) -> None:
        """Put back what may have been marked without our learning of it; else it ends as uncertain."""
        known = self._known()
        with suppress(Exception):
            await self._ground.database(lambda: handover.give_back(self.held, self._ground.id, known))

    def _is_busy(self) -> bool:
        return bool(self._flying or self._finished or self._in_doubt) or time.monotonic() - self._worked_at < IDLE

    # ---- taking

    def _places(self) -> int:
        """Return how many more calls may be under way."""
        unwritten = max(0, len(self._finished) - IN_FLIGHT)  # PostgreSQL is slow, or away
        ours = IN_FLIGHT - len(self._flying) - unwritten
        return min(ours, self._ground.capacity.room(self.held.workspace_id))

    async def _take(self) -> bool:
        """Hand over what may leave now; say whether it is time to look again at once."""
        now = time.time()
        places = self._places()
        room = min(places, self.held.bucket.available(now))
        if room <= 0 or not self._ground.holds():
            return False
        is_time = time.monotonic() >= self._look_at
        bulk = min(room, places - FOR_ANSWERS, PORTION)
        if self._awaiting:
            bulk = 0  # they would all wait for that file, too, on places that others need
        # A mailing waits until so many may leave that a statement is worth while.
        gathered = bulk >= self._worth_while() or (bulk > 0 and not self._flying)
        if not is_time and not (self._backlog and gathered):
            return False
        if is_time:
            self._look_at = time.monotonic() + POLL
        resting = self._resting(now)
        # Between two looks only a mailing goes on: answers make themselves heard.
        interactive = room if is_time else 0
        known = self._known() if self._in_doubt else None
        try:
            taken = await self._ground.database(
                lambda: handover.take(
                    self.held, self._reading, self._ground.id,
                    interactive=interactive, bulk=bulk if gathered else 0, resting=resting, known=known,
                )
            )  # fmt: skip
        except Exception:
            logger.exception("Channel %s could not be read and is tried again", self.held.channel_id)
            self._in_doubt = True  # it may have been done, and only the answer lost
            self._look_at = min(self._look_at, time.monotonic() + AGAIN)
            return False
        self._in_doubt = False
        self._start_all(taken.messages)
        self._stopping |= taken.over
        self._backlog = taken.more or (self._backlog and not gathered)
        return bool(taken.messages) and taken.more

    def _worth_while(self) -> int:
        return min(PORTION // 2, self.held.bucket.burst)

    def _start_all(self, messages: Sequence[Handed]) -> None:
        for message in messages:
            self._start(message)
        if messages:
            self._worked_at = time.monotonic()
            self._soon = 0

    def _start(self, message: Handed) -> None:
        self._ground.capacity.take(self.held.workspace_id)
        self._spend(message.identity_id, 1)
        task = asyncio.create_task(self._send(message))
        self._flying[task] = message.id
        task.add_done_callback(self._land)

    def _known(self) -> list[int]:
        return [*self._flying.values(), *(one.message.id for one in self._finished), *self._lost_ids]

    def _land(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._ground.capacity.free(self.held.workspace_id)

    def _resting(self, now: float) -> list[int]:
        """Return the people who were written to so lately that their chat's own limit bids us wait."""
        chats = self.held.chats
        for identity in [identity for identity, chat in chats.items() if chat.wait(now) <= 0]:
            del chats[identity]
        return list(chats)

    async def _rest(self) -> None:
        """Wait for the next reason to look."""
        now = time.time()
        if self._soon:
            self._look_at = min(self._look_at, time.monotonic() + SOON[-self._soon])
            self._soon -= 1
        elif self.held.chats and not self._backlog:
            rest = min(chat.wait(now) for chat in self.held.chats.values())
            self._look_at = min(self._look_at, time.monotonic() + rest)
        wait = self._look_at - time.monotonic()
        needed = 1
        if self._backlog:
            wait = min(wait, GATHER)
            needed = self._worth_while() if self._flying else 1
        wait = max(wait, self.held.bucket.wait(now, needed), GATHER)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), wait)

    # ---- sending

    async def _send(self, message: Handed) -> None:
        try:
            outcome, parts_sent = await self._attempt(message)
            if isinstance(outcome, ChannelBroken):
                self.lose()  # nothing of it is served until somebody has mended it
            if isinstance(outcome, RetryAt) and outcome.whole_channel:
                self._paused_until = max(self._paused_until, time.time() + outcome.seconds)
        except Exception as error:
            # The driver answers for whatever was called, so this was before a call.
            logger.exception("Message %s cannot be sent", message.id)
            outcome, parts_sent = Rejected(f"{type(error).__name__}: {error}"), message.parts_sent
        self._finished.append(Finished(message, outcome, parts_sent, datetime.now(UTC)))
        self._landed.set()
        if isinstance(outcome, RetryAt):
            asyncio.get_running_loop().call_later(outcome.seconds, self.wake)

    async def _attempt(self, message: Handed) -> tuple[Outcome, int]:
        """Send what is left of a message; return what it came to, and how many of its parts the messenger has."""
        parts = message.said.parts(self.held.capabilities)
        outcome: Outcome = Sent()
        for number in range(message.parts_sent, len(parts)):
            weight = self.held.adapter.weight(parts[number])
            if number > message.parts_sent:
                await self._pace(message.identity_id)
            else:
                weight -= 1  # which was paid at the start
            if weight:
                self._spend(message.identity_id, weight)
            send = self._upload if parts[number].attachments and self.held.capabilities.reuses_files else self._call
            outcome = await send(message, number, parts[number])
            if not isinstance(outcome, Sent):
                return outcome, number
        return outcome, len(parts)

    async def _call(self, message: Handed, number: int, part: Content) -> Outcome:
        held = self.held
        if self._lost or not self._ground.holds():
            # Another sender may believe that we are dead. This part has surely not left, which is worth saying.
            return RetryAt(POLL, "sender_stalled", counted=False)
        if (pause := self._paused_until - time.time()) > 0:
            return RetryAt(pause, "channel_paused", counted=False)
        outgoing = Outgoing(
            message.id, message.to, part, f"{message.id}-{number}",
            message.said.media_urls, self._reading.file_ids, message.bulk,
        )  # fmt: skip
        outcome = await self._ground.driver.send(held.adapter.send(held.facts, outgoing), held.workspace_id)
        if isinstance(outcome, Sent) and outcome.file_ids:
            self._reading.file_ids.update(outcome.file_ids)
        return outcome

    async def _upload(self, message: Handed, number: int, part: Content) -> Outcome:
        """Send a part with files that the messenger does not have yet: each goes up once, others wait for its name."""
        files = {file.media for file in part.attachments} - self._reading.file_ids.keys()
        began = time.monotonic()
        async with AsyncExitStack() as uploads:
            self._awaiting += 1
            for media in sorted(files):
                await uploads.enter_async_context(self._uploads.setdefault(media, asyncio.Lock()))
            self._awaiting -= 1
            if files <= self._reading.file_ids.keys():
                await uploads.aclose()
                if files and time.monotonic() - began > GATHER:
                    await self._turn(message)
                return await self._call(message, number, part)
            # Who waited in vain goes back to the queue: an upload takes minutes, and all would try one after another.
            if self._stopping or any(self._failed_at.get(media, 0) > began for media in files):
                return RetryAt(POLL, "upload_awaited", counted=False)
            outcome = await self._call(message, number, part)
            if not isinstance(outcome, Sent):
                self._failed_at.update(dict.fromkeys(files, time.monotonic()))
            return outcome

    async def _turn(self, message: Handed) -> None:
        """Wait for a turn of its own: others that waited for the same upload would leave in the same moment."""
        await self._pace(message.identity_id)
        self._spend(message.identity_id, 1)

    async def _pace(self, identity_id: int) -> None:
        """Wait until the next part of a message may leave, too."""
        while True:
            now = time.time()
            wait = max(self._chat(identity_id, now).wait(now), self.held.bucket.wait(now))
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def _spend(self, identity_id: int, weight: int) -> None:
        now = time.time()
        self._chat(identity_id, now).spend(weight, now)
        self.held.bucket.spend(weight, now)

    def _chat(self, identity_id: int, now: float) -> Bucket:
        chats = self.held.chats
        if identity_id not in chats:
            chats[identity_id] = Bucket.full(self.held.capabilities.per_chat, now)
        return chats[identity_id]

    # ---- writing

    async def _write(self) -> None:
        """Write outcomes as they come; while one statement runs, the next ones gather."""
        while not (self._ended and not self._flying and not self._finished):
            await self._landed.wait()
            self._landed.clear()
            while self._finished:
                if self._backlog and not self._ended:
                    await asyncio.sleep(GATHER)
                finished = list(self._finished)
                await self._record(finished)
                del self._finished[: len(finished)]
                if not all(one.message.bulk for one in finished):
                    self._look_at = 0  # the next one of the same conversation may leave now
                self._stir.set()

    async def _record(self, finished: list[Finished]) -> None:
        held = self.held
        while True:
            try:
                return await self._ground.database(
                    lambda: outcomes.record(held.workspace_id, held.channel_id, self._ground.id, finished)
                )
            except (OperationalError, InterfaceError):
                logger.exception("Outcomes of %s messages could not be written and are tried again", len(finished))
                await asyncio.sleep(POLL)
            except Exception:
                if len(finished) == 1:
                    logger.exception("The outcome of message %s is lost: it ends as uncertain", finished[0].message.id)
                    self._lost_ids.add(finished[0].message.id)
                    return None
                for one in finished:  # one that cannot be written must not take the others with it
                    await self._record([one])
                return None
