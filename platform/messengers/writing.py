"""Writes what became of a shard's messages: many outcomes with one statement, those that somebody waits for at once.

`pump` hands them over as they come; while one statement runs, the next ones gather.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import InterfaceError, OperationalError

from messengers import outcomes
from messengers.adapter import Rejected, Sent, Uncertain, Unreachable
from messengers.ground import Ground
from messengers.handover import Finished
from messengers.leases import Claim

logger = logging.getLogger(__name__)

GATHER = 0.01  # seconds in which outcomes gather at least, so that one statement serves many messages
GATHER_SLOWLY = 1.0  # and those of a mailing that are few and not urgent
AGAIN = 1.0  # seconds until a statement that the database has failed is tried again


class Writer:
    """The outcomes of one shard, from the call's end to the database."""

    def __init__(self, ground: Ground, held: Claim, patience: Callable[[], float]) -> None:
        """Write for the sender `ground`; `patience` tells how many seconds outcomes gather while nobody waits."""
        self.unwritten: list[Finished] = []
        self.lost: set[int] = set()  # ids of messages whose outcome could not be written
        self._ground = ground
        self._held = held
        self._patience = patience
        self._landed = asyncio.Event()
        self._urgent = asyncio.Event()  # somebody waits for what has landed
        self._ended = False

    def add(self, one: Finished) -> None:
        """Take one outcome more."""
        self.unwritten.append(one)
        self._landed.set()
        if _is_urgent(one):
            self._urgent.set()

    def end(self) -> None:
        """Nothing more comes: `run` ends when all is written."""
        self._ended = True
        self._landed.set()
        self._urgent.set()

    async def run(self, written: Callable[[Sequence[Finished]], None]) -> None:
        """Write outcomes until the end, and tell which are written."""
        while not (self._ended and not self.unwritten):
            await self._landed.wait()
            self._landed.clear()
            while self.unwritten:
                await self._gather()
                finished = list(self.unwritten)
                await self._record(finished)
                del self.unwritten[: len(finished)]
                written(finished)

    async def _gather(self) -> None:
        """Let outcomes of a mailing gather, as long as nobody waits for them."""
        patience = self._patience()
        if not patience or self._ended:
            return
        if patience <= GATHER or any(map(_is_urgent, self.unwritten)):
            await asyncio.sleep(GATHER)
            return
        self._urgent.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), patience)

    async def _record(self, finished: list[Finished]) -> None:
        held = self._held
        while True:
            try:
                await self._ground.database(
                    lambda: outcomes.record(held.workspace_id, held.channel_id, self._ground.id, finished)
                )
            except (OperationalError, InterfaceError):
                logger.exception("Outcomes of %s messages could not be written and are tried again", len(finished))
                await asyncio.sleep(AGAIN)
                continue
            except Exception:
                if len(finished) == 1:
                    logger.exception("The outcome of message %s is lost: it ends as uncertain", finished[0].message.id)
                    self.lost.add(finished[0].message.id)
                    return
                for one in finished:  # one that cannot be written must not take the others with it
                    await self._record([one])
                return
            self._count(finished)
            return

    def _count(self, finished: Sequence[Finished]) -> None:
        sent = sum(isinstance(one.outcome, Sent) for one in finished)
        failed = sum(isinstance(one.outcome, Rejected | Unreachable | Uncertain) for one in finished)
        self._ground.count(self._held.channel_id, sent=sent, failed=failed)


def _is_urgent(one: Finished) -> bool:
    """Say whether somebody waits for it: a person's answer has ended, or something is wrong."""
    return not one.message.bulk or not isinstance(one.outcome, Sent)
