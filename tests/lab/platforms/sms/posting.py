"""News on their way to a program: forms, posted until the answer is 2xx."""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS

if TYPE_CHECKING:
    from lab.platforms.sms.bots import Bot

HOLD = 0.5  # seconds for which others may overtake what is to come too late
PAUSES = (0.05, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # after the first, second, … failure
TRIES = 30


class Posts:
    """What one account posts. Each post goes its own way: providers promise no order."""

    def __init__(self, ground: Ground, bot: "Bot") -> None:
        self.ground, self.bot = ground, bot
        self.waiting = 0
        self.last_error = ""
        self.last_error_at = 0

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], person: str = "") -> None:
        """Post a form, as the switches have it."""
        if not url:
            return
        met = {one.kind: one for one in self.ground.misbehaviour.take(HOOKS, self.bot.key, person=person)}
        if "hook_lost" in met:
            return
        late = HOLD if "hook_out_of_order" in met else 0.0
        late = max(late, met["hook_late"].seconds) if "hook_late" in met else late
        for _ in range(2 if "hook_doubled" in met else 1):
            self.waiting += 1
            self.ground.spawn(self._post(url, fields, headers, late))

    async def _post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], late: float) -> None:
        try:
            await asyncio.sleep(late)
            for number in range(TRIES):
                if await self._is_taken(url, fields, headers):
                    return
                await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        finally:
            self.waiting -= 1

    async def _is_taken(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        try:
            post = self.ground.client.post(url, data=dict(fields), headers=headers, allow_redirects=False)
            async with post as reply:
                await reply.read()
                if 200 <= reply.status < 300:
                    return True
                self._failed(f"{reply.status} {reply.reason or ''}".strip())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._failed(type(error).__name__)
        return False

    def _failed(self, why: str) -> None:
        self.last_error, self.last_error_at = why, int(time.time())
