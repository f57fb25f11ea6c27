"""How fast messages may leave: token buckets, pure. `pump` keeps one for a channel and one for each chat."""

from dataclasses import dataclass
from math import ceil

from messengers.adapter import Rate

SHARDS = 4
PER_SHARD = 300  # messages a second that one shard may carry


@dataclass(slots=True)
class Bucket:
    """Holds a rate: in any span of `rate.seconds`, no more than `rate.count` weights leave. Times are in seconds.

    A tenth of the rate may leave in one burst and the rest evenly behind it, so that an answer waits for a token
    and not for the end of a span that a mailing has used up.
    """

    rate: Rate
    tokens: float
    at: float

    @classmethod
    def full(cls, rate: Rate, now: float) -> "Bucket":
        """Return a bucket from which nothing has been taken."""
        return cls(rate, float(_burst(rate)), now)

    @property
    def burst(self) -> int:
        """Return how many may leave at once after a rest."""
        return _burst(self.rate)

    def available(self, now: float) -> int:
        """Return how many weights may leave now."""
        self._refill(now)
        return max(0, int(self.tokens + 1e-9))

    def spend(self, weight: int, now: float) -> None:
        """Take tokens out. What weighs more than is there leaves a debt, paid before the next."""
        self._refill(now)
        self.tokens -= weight

    def wait(self, now: float) -> float:
        """Return the seconds until the next weight may leave."""
        self._refill(now)
        return max(0.0, (1 - self.tokens) / _per_second(self.rate))

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self.at)
        self.tokens = min(float(_burst(self.rate)), self.tokens + passed * _per_second(self.rate))
        self.at = max(self.at, now)


def shards(rate: Rate) -> int:
    """Return into how many shards a channel of this rate is cut, so that several senders can serve it."""
    return max(1, min(SHARDS, ceil(rate.count / rate.seconds / PER_SHARD)))


def share(rate: Rate, shards: int) -> Rate:
    """Return one shard's part of a channel's rate."""
    return Rate(max(1, rate.count // shards), rate.seconds)


def _burst(rate: Rate) -> int:
    return max(1, rate.count // 10)


def _per_second(rate: Rate) -> float:
    # A burst may open the span, so the rest of it brings only what is left of the count.
    return (rate.count - _burst(rate) + 1) / rate.seconds
