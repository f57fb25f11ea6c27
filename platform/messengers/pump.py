"""Serves one shard of a channel for a sender: takes what may leave, sends it at the messenger's pace, writes outcomes.

`delivery.Sender` runs one pump for each shard that it has. Taking, sending and writing overlap. What a mailing will
send within the next moments is taken ahead, so that a slow channel does not need a statement for each message.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from messengers import handover, outcomes
from messengers.adapter import (
    ChannelBroken,
    Outcome,
    Outgoing,
    Rejected,
    RetryAt,
    Sent,
    Uncertain,
    Unreachable,
)
from messengers.capacity import Capacity
from messengers.content import Content
from messengers.driver import Driver
from messengers.handover import Finished, Handed, Reading
from messengers.leases import Claim
from messengers.limits import Bucket

logger = logging.getLogger(__name__)

IN_FLIGHT = 500
PORTION = 150  # of a mailing: while one portion is on its way, the next is taken
AHEAD = 2.0  # seconds' worth of a mailing that is taken ahead
SLOW = 50  # messages taken ahead, up to which answers are looked for with every portion
FOR_ANSWERS = 20  # places that a mailing leaves free
BURST = 3  # weights, from which on a mailing leaves one to an answer: it need not wait for the next
GATHER = 0.01  # seconds in which places and outcomes gather, so that one statement serves many messages
GATHER_SLOWLY = 1.0  # and outcomes of a mailing that is not urgent, where they are few
POLL = 1.0
POLL_SLOWLY = 2.0  # while a mailing is taken ahead: answers make themselves heard
AGAIN = 0.2  # after the database has failed us
IDLE = 1.0  # seconds without a message, after which the channel is given back
SOON = (0.02, 0.05, 0.1, 0.25)  # after a hint that came while somebody held the conversation
_Result = TypeVar("_Result")


class Ground(Protocol):
    """What a pump stands on: its sender."""

    id: UUID
    driver: Driver
    capacity: Capacity

    async def database(self, step: Callable[[], _Result], *, urgent: bool = False) -> _Result:
        """Run a step in a thread; an urgent one does not wait for others."""

    def count(self, channel_id: int, *, sent: int, failed: int) -> None:
        """Note how many messages of a channel have ended."""

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
        self._ahead: deque[list[Handed]] = deque()  # a mailing's next calls, in order: they wait for the rate alone
        self._flying: dict[asyncio.Task[None], tuple[int, ...]] = {}  # with the messages' ids
        self._finished: list[Finished] = []
        self._stir = asyncio.Event()
        self._landed = asyncio.Event()
        self._urgent = asyncio.Event()  # somebody waits for what has landed
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
        self._promised = 0  # what was left for answers that are being looked for
        self._woken = False
        self._taking: asyncio.Task[None] | None = None
        self._look_at = self._worked_at = time.monotonic()

    def wake(self) -> None:
        """There may be something new."""
        self._soon = len(SOON)
        self._look_at = 0
        self._woken = True
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
                self._launch()
                self._begin_taking()
                await self._rest()
        finally:
            if self._taking is not None:
                await self._taking
            self._turn_back()
            if self._flying:
                await asyncio.wait(self._flying)
            if self._in_doubt:
                await self._give_back()
            self._ended = True
            self._landed.set()
            self._urgent.set()
            await writer

    async def _give_back(self) -> None:
        """Put back what may have been marked without our learning of it; else it ends as uncertain."""
        known = self._known()
        with suppress(Exception):
            await self._ground.database(lambda: handover.give_back(self.held, self._ground.id, known))

    def _is_busy(self) -> bool:
        return (
            bool(self._flying or self._ahead or self._finished or self._in_doubt or self._taking)
            or time.monotonic() - self._worked_at < IDLE
        )

    # ---- taking

    def _places(self) -> int:
        """Return how many more calls may be under way."""
        unwritten = max(0, len(self._finished) - IN_FLIGHT)  # PostgreSQL is slow, or away
        ours = IN_FLIGHT - len(self._flying) - unwritten
        return min(ours, self._ground.capacity.room(self.held.workspace_id))

    def _begin_taking(self) -> None:
        """Look for what may leave, if it is time for that; what was taken before goes on leaving meanwhile."""
        if self._taking is not None:
            return
        now = time.time()
        if self._paused_until > now:
            self._turn_back()
        places = self._places()
        if places <= 0 or not self._ground.holds():
            return
        room = min(places, self.held.bucket.available(now))
        is_time = self._is_time()
        bulk = self._portion(places)
        # A mailing waits until so many may leave that a statement is worth while.
        gathered = bulk >= self._worth_while() or (bulk > 0 and not self._flying and not self._ahead)
        if not (is_time and room > 0) and not (self._backlog and gathered):
            return
        resting = self._resting(now)
        # Between two looks only a mailing goes on: answers make themselves heard. A slow channel looks for both.
        interactive = room if is_time or self._reach() <= SLOW else 0
        if interactive:
            self._look_at = time.monotonic() + (POLL_SLOWLY if self._ahead else POLL)
        self._promised = min(interactive, 1)
        taking = self._take(interactive, bulk if gathered else 0, resting, urgent=self._woken)
        self._woken = False
        self._taking = asyncio.create_task(taking)

    async def _take(self, interactive: int, bulk: int, resting: list[int], *, urgent: bool) -> None:
        """Hand over what may leave now."""
        known = self._known() if self._in_doubt else None
        self._in_doubt = False
        try:
            taken = await self._ground.database(
                lambda: handover.take(
                    self.held, self._reading, self._ground.id,
                    interactive=interactive, bulk=bulk, resting=resting, known=known,
                ),
                urgent=urgent,
            )  # fmt: skip
        except Exception:
            logger.exception("Channel %s could not be read and is tried again", self.held.channel_id)
            self._in_doubt = True  # it may have been done, and only the answer lost
            self._look_at = min(self._look_at, time.monotonic() + AGAIN)
        else:
            self._line_up(taken.messages)
            self._stopping |= taken.over
            self._backlog = taken.more or (self._backlog and not bulk)
        finally:
            self._taking, self._promised = None, 0
            self._stir.set()

    def _is_time(self) -> bool:
        return time.monotonic() >= self._look_at

    def _reach(self) -> int:
        """Return how many of a mailing's messages may wait in memory, those that may leave at once included."""
        bucket = self.held.bucket
        return min(PORTION, max(2, bucket.burst, int(bucket.speed * AHEAD)) * self.held.capabilities.batch)

    def _portion(self, places: int) -> int:
        """Return how many of a mailing to take now."""
        if self._awaiting:
            return 0  # they would all wait for that file, too, on places that others need
        waiting = sum(map(len, self._ahead))
        return min(self._reach() - waiting, (places - FOR_ANSWERS) * self.held.capabilities.batch - waiting)

    def _worth_while(self) -> int:
        return max(1, self._reach() // 2)

    def _reserve(self) -> int:
        """Return what a mailing leaves of the burst, so that it costs a person's answer no wait."""
        return int(self.held.bucket.burst >= BURST)

    def _line_up(self, messages: Sequence[Handed]) -> None:
        """Start the answers, and put a mailing's messages in line, those together that one call may carry."""
        now = time.time()
        for message in messages:
            self._chat(message.identity_id, now).spend(1, now)
        for message in messages:
            if not message.bulk:
                self._start([message])
        self._ahead.extend(self._calls([message for message in messages if message.bulk]))
        if messages:
            self._worked_at = time.monotonic()
            self._soon = 0
        self._launch()

    def _calls(self, messages: Sequence[Handed]) -> list[list[Handed]]:
        most = self.held.capabilities.batch
        if most == 1:
            return [[message] for message in messages]
        calls: list[list[Handed]] = []
        open_calls: dict[Hashable, list[Handed]] = {}
        for message in messages:
            key = self._common(message)
            call = open_calls.get(key) if key is not None else None
            if call is None or len(call) >= most:
                call = []
                calls.append(call)
                if key is not None:
                    open_calls[key] = call
            call.append(message)
        return calls

    def _common(self, message: Handed) -> Hashable | None:
        """Return what a message shares with others that may leave in one call with it."""
        parts = message.said.parts(self.held.capabilities)
        if len(parts) != 1 or message.parts_sent:
            return None
        can = self.held.capabilities
        if can.reuses_files and not {file.media for file in parts[0].attachments} <= self._reading.file_ids.keys():
            return None  # it goes up first
        try:
            return self.held.adapter.together(self.held.facts, self._outgoing(message, 0, parts[0]))
        except Exception:
            logger.exception("Message %s is sent by itself", message.id)
            return None

    def _launch(self) -> None:
        """Start what the rate lets leave. When it is time to look for answers, those go first."""
        now = time.time()
        while self._ahead and not self._stopping and not self._is_time() and self._paused_until <= now:
            left_to_answers = max(self._promised, self._reserve())
            room = min(self._places() - FOR_ANSWERS, self.held.bucket.available(now) - left_to_answers)
            if room <= 0 or (self._awaiting and any(map(self._carries_files, self._ahead[0]))):
                return
            self._start(self._ahead.popleft())

    def _carries_files(self, message: Handed) -> bool:
        return bool(message.said.content.attachments)

    def _turn_back(self) -> None:
        """Let go of what was taken ahead: the next look, or the end, puts it back into the queue."""
        self._in_doubt |= bool(self._ahead)
        self._ahead.clear()

    def _start(self, call: list[Handed]) -> None:
        self._ground.capacity.take(self.held.workspace_id)
        self.held.bucket.spend(1, time.time())
        task = asyncio.create_task(self._send(call[0]) if len(call) == 1 else self._send_many(call))
        self._flying[task] = tuple(message.id for message in call)
        task.add_done_callback(self._land)

    def _known(self) -> list[int]:
        flying = [message_id for ids in self._flying.values() for message_id in ids]
        ahead = [message.id for call in self._ahead for message in call]
        return [*flying, *ahead, *(one.message.id for one in self._finished), *self._lost_ids]

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
        wait = max(self._look_at - time.monotonic(), self.held.bucket.wait(now))
        if self._ahead and self._paused_until <= now and not (self._taking and self._is_time()):
            wait = min(wait, self.held.bucket.wait(now, 1 + self._reserve()))
        elif self._taking is not None:
            wait = POLL  # what is taken makes itself heard
        elif self._backlog:
            wait = min(wait, GATHER)
        wait = max(wait, GATHER)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), wait)

    # ---- sending

    async def _send(self, message: Handed) -> None:
        try:
            outcome, parts_sent, named = await self._attempt(message)
            if isinstance(outcome, ChannelBroken):
                self.lose()  # nothing of it is served until somebody has mended it
            if isinstance(outcome, RetryAt) and outcome.whole_channel:
                self._paused_until = max(self._paused_until, time.time() + outcome.seconds)
        except Exception as error:
            # The driver answers for whatever was called, so this was before a call.
            logger.exception("Message %s cannot be sent", message.id)
            outcome, parts_sent, named = Rejected(f"{type(error).__name__}: {error}"), message.parts_sent, ""
        self._finish(Finished(message, outcome, parts_sent, datetime.now(UTC), named))
        if isinstance(outcome, RetryAt):
            asyncio.get_running_loop().call_later(outcome.seconds, self.wake)

    async def _send_many(self, call: list[Handed]) -> None:
        """Send messages that leave in one call, each with an outcome of its own."""
        parts = [message.said.parts(self.held.capabilities)[0] for message in call]
        told: Sequence[Outcome]
        if (held_back := self._held_back()) is not None:
            told = [held_back] * len(call)
        else:
            outgoing = [self._outgoing(message, 0, part) for message, part in zip(call, parts, strict=True)]
            driver, adapter = self._ground.driver, self.held.adapter
            steps = adapter.send_many(self.held.facts, outgoing)
            told = await driver.send_many(steps, self.held.workspace_id, len(call))
        if any(isinstance(outcome, ChannelBroken) for outcome in told):
            self.lose()
        for message, outcome in zip(call, told, strict=True):
            if isinstance(outcome, RetryAt):
                if outcome.whole_channel:
                    self._paused_until = max(self._paused_until, time.time() + outcome.seconds)
                asyncio.get_running_loop().call_later(outcome.seconds, self.wake)
            sent = int(isinstance(outcome, Sent))
            self._finish(Finished(message, outcome, sent, datetime.now(UTC)))

    def _finish(self, one: Finished) -> None:
        self._finished.append(one)
        self._landed.set()
        if _is_urgent(one):
            self._urgent.set()

    async def _attempt(self, message: Handed) -> tuple[Outcome, int, str]:
        """Send what is left of a message; return what it came to, how many parts the messenger has, their names there.

        The names are those of the parts that left now, with a comma after each unless it is the message's last.
        """
        parts = message.said.parts(self.held.capabilities)
        outcome: Outcome = Sent()
        names = ""
        uploaded: dict[int, str] = {}  # by any part: what is written down is the last one's outcome
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
            if isinstance(outcome, Sent | RetryAt):
                uploaded.update(outcome.file_ids)
                outcome = replace(outcome, file_ids=uploaded)
            if not isinstance(outcome, Sent):
                return outcome, number, names
            names += outcome.external_id + ("," if number + 1 < len(parts) else "")
        return outcome, len(parts), names

    async def _call(self, message: Handed, number: int, part: Content) -> Outcome:
        held = self.held
        if (held_back := self._held_back()) is not None:
            return held_back
        outgoing = self._outgoing(message, number, part)
        outcome = await self._ground.driver.send(held.adapter.send(held.facts, outgoing), held.workspace_id)
        if isinstance(outcome, Sent) and outcome.file_ids:
            self._reading.file_ids.update(outcome.file_ids)
        return outcome

    def _held_back(self) -> RetryAt | None:
        """Say why nothing may be called now, if so."""
        if self._lost or not self._ground.holds():
            # Another sender may believe that we are dead. This part has surely not left, which is worth saying.
            return RetryAt(POLL, "sender_stalled", counted=False)
        if (pause := self._paused_until - time.time()) > 0:
            return RetryAt(pause, "channel_paused", counted=False)
        return None

    def _outgoing(self, message: Handed, number: int, part: Content) -> Outgoing:
        return Outgoing(
            message.id, message.to, part, f"{message.id}-{number}",
            message.said.media_urls, self._reading.file_ids, message.bulk, message.by_member, message.heard_at,
            message.thread,
        )  # fmt: skip

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
                await self._gather()
                finished = list(self._finished)
                await self._record(finished)
                del self._finished[: len(finished)]
                if not all(one.message.bulk for one in finished):
                    self._look_at = 0  # the next one of the same conversation may leave now
                self._stir.set()

    async def _gather(self) -> None:
        """Let outcomes of a mailing gather, as long as nobody waits for them."""
        if not (self._backlog or self._ahead) or self._ended:
            return
        slowly = self._reach() <= SLOW
        if slowly and not any(map(_is_urgent, self._finished)):
            self._urgent.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), GATHER_SLOWLY)
        else:
            await asyncio.sleep(GATHER)

    async def _record(self, finished: list[Finished]) -> None:
        held = self.held
        while True:
            try:
                await self._ground.database(
                    lambda: outcomes.record(held.workspace_id, held.channel_id, self._ground.id, finished)
                )
            except (OperationalError, InterfaceError):
                logger.exception("Outcomes of %s messages could not be written and are tried again", len(finished))
                await asyncio.sleep(POLL)
                continue
            except Exception:
                if len(finished) == 1:
                    logger.exception("The outcome of message %s is lost: it ends as uncertain", finished[0].message.id)
                    self._lost_ids.add(finished[0].message.id)
                    return
                for one in finished:  # one that cannot be written must not take the others with it
                    await self._record([one])
                return
            self._count(finished)
            return

    def _count(self, finished: Sequence[Finished]) -> None:
        sent = sum(isinstance(one.outcome, Sent) for one in finished)
        failed = sum(isinstance(one.outcome, Rejected | Unreachable | Uncertain) for one in finished)
        self._ground.count(self.held.channel_id, sent=sent, failed=failed)


def _is_urgent(one: Finished) -> bool:
    """Say whether somebody waits for it: a person's answer has ended, or something is wrong."""
    return not one.message.bulk or not isinstance(one.outcome, Sent)
