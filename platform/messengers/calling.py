"""Sends a shard's messages: part after part, files first, at the pace of the chat, each once. `pump` starts the calls.

What was called and what it came to is the driver's to say; what is held back here has surely not left.
"""

import asyncio
import logging
import time
from collections.abc import Hashable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from messengers.adapter import ChannelBroken, Outcome, Outgoing, Rejected, RetryAt, Sent
from messengers.content import Content
from messengers.ground import Ground
from messengers.handover import Finished, Handed
from messengers.leases import Claim

logger = logging.getLogger(__name__)

HELD_BACK = 1.0  # seconds until a message is tried again that was not called at all
TOGETHER = 0.01  # seconds: who waited longer for an upload waited with others


class Calls:
    """The calls of one shard. `file_ids` is what the messenger calls the files that it has, and grows."""

    def __init__(self, ground: Ground, held: Claim, file_ids: dict[int, str]) -> None:
        """Call for the sender `ground`."""
        self.awaiting = 0  # messages that wait until another's file is up
        self.paused_until = 0.0  # the messenger has bidden us wait, which is not written down yet
        self.lost = False  # the shard is not ours any more, or of no use
        self.stopping = False
        self._ground = ground
        self._held = held
        self._file_ids = file_ids
        self._uploads: dict[int, asyncio.Lock] = {}
        self._failed_at: dict[int, float] = {}  # files that could not be uploaded

    def common(self, message: Handed, part: Content) -> Hashable | None:
        """Return what a message of one part shares with others that may leave in one call with it."""
        if self._held.capabilities.reuses_files and self._missing(part):
            return None  # it goes up first
        try:
            return self._held.adapter.together(self._held.facts, self._outgoing(message, 0, part))
        except Exception:
            logger.exception("Message %s is sent by itself", message.id)
            return None

    async def send(self, message: Handed) -> Finished:
        """Send what is left of a message."""
        try:
            outcome, parts_sent, named = await self._attempt(message)
        except Exception as error:
            # The driver answers for whatever was called, so this was before a call.
            logger.exception("Message %s cannot be sent", message.id)
            outcome, parts_sent, named = Rejected(f"{type(error).__name__}: {error}"), message.parts_sent, ""
        self._heed(outcome)
        return Finished(message, outcome, parts_sent, datetime.now(UTC), named)

    async def send_many(self, call: Sequence[Handed]) -> list[Finished]:
        """Send messages of one part that leave in one call, each with an outcome of its own."""
        parts = [message.said.parts(self._held.capabilities)[0] for message in call]
        told: Sequence[Outcome]
        if (held_back := self._held_back()) is not None:
            told = [held_back] * len(call)
        else:
            outgoing = [self._outgoing(message, 0, part) for message, part in zip(call, parts, strict=True)]
            steps = self._held.adapter.send_many(self._held.facts, outgoing)
            told = await self._ground.driver.send_many(steps, self._held.workspace_id, len(call))
        for outcome in told:
            self._heed(outcome)
        return [
            Finished(message, outcome, int(isinstance(outcome, Sent)), datetime.now(UTC))
            for message, outcome in zip(call, told, strict=True)
        ]

    def _heed(self, outcome: Outcome) -> None:
        """Let what one message met hold back the next ones."""
        if isinstance(outcome, ChannelBroken):
            self.lost = True  # nothing of it is served until somebody has mended it
        if isinstance(outcome, RetryAt) and outcome.whole_channel:
            self.paused_until = max(self.paused_until, time.time() + outcome.seconds)

    async def _attempt(self, message: Handed) -> tuple[Outcome, int, str]:
        """Return what it came to, how many parts the messenger has now, and the names there of those that left now.

        The names have a comma after each unless it is the message's last.
        """
        held = self._held
        parts = message.said.parts(held.capabilities)
        outcome: Outcome = Sent()
        names = ""
        uploaded: dict[int, str] = {}  # by any part: what is written down is the last one's outcome
        for number in range(message.parts_sent, len(parts)):
            weight = held.adapter.weight(parts[number])
            if number > message.parts_sent:
                await self._pace(message.identity_id)
            else:
                weight -= 1  # which was paid at the start
            if weight:
                held.spend(message.identity_id, weight, time.time())
            send = self._upload if parts[number].attachments and held.capabilities.reuses_files else self._call
            outcome = await send(message, number, parts[number])
            if isinstance(outcome, Sent | RetryAt):
                uploaded.update(outcome.file_ids)
                outcome = replace(outcome, file_ids=uploaded)
            if not isinstance(outcome, Sent):
                return outcome, number, names
            names += outcome.external_id + ("," if number + 1 < len(parts) else "")
        return outcome, len(parts), names

    async def _call(self, message: Handed, number: int, part: Content) -> Outcome:
        held = self._held
        if (held_back := self._held_back()) is not None:
            return held_back
        outgoing = self._outgoing(message, number, part)
        outcome = await self._ground.driver.send(held.adapter.send(held.facts, outgoing), held.workspace_id)
        if isinstance(outcome, Sent) and outcome.file_ids:
            self._file_ids.update(outcome.file_ids)
        return outcome

    def _held_back(self) -> RetryAt | None:
        """Say why nothing may be called now, if so."""
        if self.lost or not self._ground.holds():
            # Another sender may believe that we are dead. This part has surely not left, which is worth saying.
            return RetryAt(HELD_BACK, "sender_stalled", counted=False)
        if (pause := self.paused_until - time.time()) > 0:
            return RetryAt(pause, "channel_paused", counted=False)
        return None

    def _outgoing(self, message: Handed, number: int, part: Content) -> Outgoing:
        return Outgoing(
            message.id, message.to, part, f"{message.id}-{number}",
            message.said.media_urls, self._file_ids, message.bulk, message.by_member, message.heard_at,
            message.thread,
        )  # fmt: skip

    async def _upload(self, message: Handed, number: int, part: Content) -> Outcome:
        """Send a part with files that the messenger does not have yet: each goes up once, others wait for its name."""
        files = self._missing(part)
        began = time.monotonic()
        async with AsyncExitStack() as uploads:
            self.awaiting += 1
            for media in sorted(files):
                await uploads.enter_async_context(self._uploads.setdefault(media, asyncio.Lock()))
            self.awaiting -= 1
            if not self._missing(part):
                await uploads.aclose()
                if files and time.monotonic() - began > TOGETHER:
                    await self._turn(message)
                return await self._call(message, number, part)
            # Who waited in vain goes back to the queue: an upload takes minutes, and all would try one after another.
            if self.stopping or any(self._failed_at.get(media, 0) > began for media in files):
                return RetryAt(HELD_BACK, "upload_awaited", counted=False)
            outcome = await self._call(message, number, part)
            if not isinstance(outcome, Sent):
                self._failed_at.update(dict.fromkeys(files, time.monotonic()))
            return outcome

    def _missing(self, part: Content) -> set[int]:
        return {file.media for file in part.attachments} - self._file_ids.keys()

    async def _turn(self, message: Handed) -> None:
        """Wait for a turn of its own: others that waited for the same upload would leave in the same moment."""
        await self._pace(message.identity_id)
        self._held.spend(message.identity_id, 1, time.time())

    async def _pace(self, identity_id: int) -> None:
        """Wait until the next part of a message may leave, too."""
        while True:
            now = time.time()
            wait = max(self._held.chat(identity_id, now).wait(now), self._held.bucket.wait(now))
            if wait <= 0:
                return
            await asyncio.sleep(wait)
