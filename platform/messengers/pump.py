"""Serves one shard of a channel for a sender: takes what may leave and starts it at the messenger's pace.

`delivery.Sender` runs one pump for each shard that it has; `calling` sends and `writing` records. Taking, sending and
writing overlap. What a mailing will send within the next moments is taken ahead, so that a slow channel does not need a
statement for each message.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Hashable, Sequence
from contextlib import suppress

from messengers import handover, writing
from messengers.adapter import RetryAt
from messengers.calling import Calls
from messengers.ground import Ground
from messengers.handover import Finished, Handed, Reading
from messengers.leases import Claim
from messengers.writing import Writer

logger = logging.getLogger(__name__)

IN_FLIGHT = 500
PORTION = 150  # of a mailing: while one portion is on its way, the next is taken
AHEAD = 2.0  # seconds' worth of a mailing that is taken ahead
SLOW = 50  # messages taken ahead, up to which answers are looked for with every portion
FOR_ANSWERS = 20  # places that a mailing leaves free
BURST = 3  # weights, from which on a mailing leaves one to an answer: it need not wait for the next
GATHER = 0.01  # seconds in which places gather, so that one statement serves many messages
POLL = 1.0
POLL_SLOWLY = 2.0  # while a mailing is taken ahead: answers make themselves heard
AGAIN = 0.2  # after the database has failed us
IDLE = 1.0  # seconds without a message, after which the channel is given back
SOON = (0.02, 0.05, 0.1, 0.25)  # after a hint that came while somebody held the conversation


class Pump:
    """One shard's messages, from the queue to their outcome."""

    def __init__(self, ground: Ground, held: Claim) -> None:
        """Serve the shard `held` from the sender `ground`."""
        self.held = held
        self._ground = ground
        self._reading = Reading()
        self._calls = Calls(ground, held, self._reading.file_ids)
        self._writer = Writer(ground, held, self._patience)
        self._ahead: deque[list[Handed]] = deque()  # a mailing's next calls, in order: they wait for the rate alone
        self._flying: dict[asyncio.Task[None], tuple[int, ...]] = {}  # with the messages' ids
        self._stir = asyncio.Event()
        self._stopping = False
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
        self._calls.lost = True
        self.stop()

    def stop(self) -> None:
        """Take nothing more; what is under way is finished and written down."""
        self._stopping = self._calls.stopping = True
        self._stir.set()

    async def run(self) -> None:
        """Serve the shard until it is idle or the sender stops."""
        writer = asyncio.create_task(self._writer.run(self._written))
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
            self._writer.end()
            await writer

    async def _give_back(self) -> None:
        """Put back what may have been marked without our learning of it; else it ends as uncertain."""
        known = self._known()
        with suppress(Exception):
            await self._ground.database(lambda: handover.give_back(self.held, self._ground.id, known))

    def _is_busy(self) -> bool:
        return (
            bool(self._flying or self._ahead or self._writer.unwritten or self._in_doubt or self._taking)
            or time.monotonic() - self._worked_at < IDLE
        )

    # ---- taking

    def _places(self) -> int:
        """Return how many more calls may be under way."""
        unwritten = max(0, len(self._writer.unwritten) - IN_FLIGHT)  # PostgreSQL is slow, or away
        ours = IN_FLIGHT - len(self._flying) - unwritten
        return min(ours, self._ground.capacity.room(self.held.workspace_id))

    def _begin_taking(self) -> None:
        """Look for what may leave, if it is time for that; what was taken before goes on leaving meanwhile."""
        if self._taking is not None:
            return
        now = time.time()
        if self._calls.paused_until > now:
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
        resting = self.held.resting(now)
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
            if taken.over:
                self.stop()
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
        if self._calls.awaiting:
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
            self.held.chat(message.identity_id, now).spend(1, now)
        for message in messages:
            if not message.bulk:
                self._start([message])
        self._ahead.extend(self._grouped([message for message in messages if message.bulk]))
        if messages:
            self._worked_at = time.monotonic()
            self._soon = 0
        self._launch()

    def _grouped(self, messages: Sequence[Handed]) -> list[list[Handed]]:
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
        return self._calls.common(message, parts[0]) if len(parts) == 1 and not message.parts_sent else None

    def _launch(self) -> None:
        """Start what the rate lets leave. When it is time to look for answers, those go first."""
        now = time.time()
        while self._ahead and not self._stopping and not self._is_time() and self._calls.paused_until <= now:
            left_to_answers = max(self._promised, self._reserve())
            room = min(self._places() - FOR_ANSWERS, self.held.bucket.available(now) - left_to_answers)
            if room <= 0 or (self._calls.awaiting and any(map(self._carries_files, self._ahead[0]))):
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
        task = asyncio.create_task(self._send(call))
        self._flying[task] = tuple(message.id for message in call)
        task.add_done_callback(self._land)

    def _known(self) -> list[int]:
        flying = [message_id for ids in self._flying.values() for message_id in ids]
        ahead = [message.id for call in self._ahead for message in call]
        return [*flying, *ahead, *(one.message.id for one in self._writer.unwritten), *self._writer.lost]

    async def _send(self, call: list[Handed]) -> None:
        finished = [await self._calls.send(call[0])] if len(call) == 1 else await self._calls.send_many(call)
        if self._calls.lost:
            self.stop()
        for one in finished:
            self._writer.add(one)
            if isinstance(one.outcome, RetryAt):
                asyncio.get_running_loop().call_later(one.outcome.seconds, self.wake)

    def _land(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._ground.capacity.free(self.held.workspace_id)

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
        if self._ahead and self._calls.paused_until <= now and not (self._taking and self._is_time()):
            wait = min(wait, self.held.bucket.wait(now, 1 + self._reserve()))
        elif self._taking is not None:
            wait = POLL  # what is taken makes itself heard
        elif self._backlog:
            wait = min(wait, GATHER)
        wait = max(wait, GATHER)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), wait)

    # ---- writing

    def _patience(self) -> float:
        """Return how many seconds outcomes gather while nobody waits for them."""
        if not (self._backlog or self._ahead):
            return 0
        return writing.GATHER_SLOWLY if self._reach() <= SLOW else writing.GATHER

    def _written(self, finished: Sequence[Finished]) -> None:
        if not all(one.message.bulk for one in finished):
            self._look_at = 0  # the next one of the same conversation may leave now
        self._stir.set()
