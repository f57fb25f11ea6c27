"""What an SMS centre tells one account: receipts and people's SMS, sent again until somebody has taken them."""

import asyncio
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.misbehaviour import HOOKS
from lab.platforms.sms.posting import HOLD

if TYPE_CHECKING:
    from lab.platforms.sms.bots import Bot
    from lab.platforms.sms.centre import Session

PAUSE = 0.2  # seconds after which what was not taken is sent again


class Line:
    """The sessions of one account. `full` has the centre take no more for now."""

    def __init__(self, ground: Ground, bot: "Bot") -> None:
        self.ground, self.bot = ground, bot
        self.sessions: list[Session] = []
        self.parts: dict[tuple[str, int, int], dict[int, bytes]] = {}  # of messages that are not whole yet
        self.next_id = 1
        self.waiting = 0
        self.full = False
        self._bound = asyncio.Event()

    def joins(self, session: "Session") -> None:
        """Count a session that is bound."""
        self.sessions.append(session)
        if session.listens:
            self._bound.set()

    def leaves(self, session: "Session") -> None:
        """Count it no more."""
        if session in self.sessions:
            self.sessions.remove(session)
        if not any(one.listens for one in self.sessions):
            self._bound.clear()

    @on_the_loop
    def roles(self) -> list[str]:
        """Return the roles of the sessions that are bound."""
        return sorted(session.role for session in self.sessions)

    @on_the_loop
    def cut(self) -> None:
        """Hang up on everybody."""
        for session in list(self.sessions):
            session.abort()

    @on_the_loop
    def asks(self) -> None:
        """Ask everybody whether he is there."""
        for session in list(self.sessions):
            session.ask()

    @on_the_loop
    def overflows(self, full: bool = True) -> None:
        """Have the centre's queue be full, or have room again."""
        self.full = full

    def tell(self, body: bytes, person: str) -> None:
        """Send a deliver_sm, as the switches have it."""
        met: dict[str, Any] = {
            one.kind: one for one in self.ground.misbehaviour.take(HOOKS, self.bot.key, person=person)
        }
        if "hook_lost" in met:
            return
        late = HOLD if "hook_out_of_order" in met else 0.0
        late = max(late, met["hook_late"].seconds) if "hook_late" in met else late
        for _ in range(2 if "hook_doubled" in met else 1):
            self.waiting += 1
            self.ground.spawn(self._tell(body, late))

    async def _tell(self, body: bytes, late: float) -> None:
        try:
            await asyncio.sleep(late)
            turn = 0
            while True:
                await self._bound.wait()
                listening = [session for session in self.sessions if session.listens]
                if await listening[turn % len(listening)].deliver(body):
                    return
                turn += 1
                await asyncio.sleep(PAUSE)
        finally:
            self.waiting -= 1
