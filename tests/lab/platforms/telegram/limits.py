"""Telegram's limits of speed: so many a second for a bot, fewer for one chat. Numbers are ours; Telegram states none.

A bucket holds half a second more than its rate, since a network bunches up what was sent evenly.
"""

from dataclasses import dataclass, field
from math import ceil

from lab.platforms.telegram.refusals import too_many

PER_BOT, PER_BOT_PAID, PER_CHAT, CHAT_BURST = 30.0, 1000.0, 1.0, 5.0


@dataclass(slots=True)
class _Bucket:
    rate: float
    size: float
    tokens: float
    at: float
    until: float = 0.0

    def wait(self, weight: float, now: float) -> float:
        """Return how long until so much fits; 0 when it does."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        # An album may weigh more than fits: then a full bucket is enough, and the rest is a debt.
        needed = min(weight, self.size)
        return max(self.until - now, 0.0 if self.tokens >= needed - 1e-6 else (needed - self.tokens) / self.rate)


@dataclass(slots=True)
class Limits:
    """What a bot may send. None for `rate` turns the limits off."""

    rate: float | None = PER_BOT
    per_chat: float | None = PER_CHAT
    refused: int = 0
    _bots: dict[bool, _Bucket] = field(default_factory=dict)
    _chats: dict[int, _Bucket] = field(default_factory=dict)

    def spend(self, chat: int, weight: int, paid: bool, now: float) -> None:
        """Take a message's weight, or refuse with the time to wait: until it is over, nothing passes."""
        if self.rate is None:
            return
        rate = PER_BOT_PAID if paid else self.rate
        buckets = [self._bots.setdefault(paid, _Bucket(rate, rate * 1.5, rate * 1.5, now))]
        if self.per_chat is not None:
            full = max(CHAT_BURST, self.per_chat)
            buckets.append(self._chats.setdefault(chat, _Bucket(self.per_chat, full, full, now)))
        for bucket in buckets:
            if wait := bucket.wait(weight, now):
                refusal = too_many(wait)
                bucket.until = now + ceil(wait)
                self.refused += 1
                raise refusal
        for bucket in buckets:
            bucket.tokens -= weight
