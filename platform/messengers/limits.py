"""How fast messages may leave: token buckets, pure. `pump` keeps one for a channel and one for each chat."""

from math import ceil

from messengers.adapter import Rate

SHARDS = 4
SLACK = 0.03  # seconds that a sender may be late
AT_ONCE = 8  # messages of a burst that may always be, where a long span allows many
PART = 50  # of a rate: one part may leave in a burst, one is left to the network
PER_SHARD = 300  # messages a second that one shard may carry


class Bucket:
    """Holds a rate: in any span of `rate.seconds`, no more than `rate.count` weights leave. Times are in seconds.

    A fiftieth of the rate may leave in one burst and the rest evenly behind it, so that an answer waits for a token
    and not for the end of a span that a mailing has used up. Another fiftieth is left to the network: a call that is
    some milliseconds late on its way comes into the next one's span. No burst is larger than a second's worth,
    or AT_ONCE: whoever counts hours looks at seconds, too, and takes a hundred letters at once for spam. A sender that
    comes some milliseconds late loses nothing.
    """

    __slots__ = ("at", "burst", "most", "rate", "speed", "tokens")

    def __init__(self, rate: Rate, tokens: float, at: float) -> None:
        """Begin with what was left at a moment."""
        self.rate = rate
        self.tokens = tokens
        self.at = at
        self.burst = _burst(rate)
        # A burst may open the span, so the rest of it brings only what is left of the count.
        self.most = self.burst + min(1.0, rate.count / rate.seconds * SLACK)
        self.speed = (rate.count - rate.count // PART - self.most + 1) / rate.seconds

    @classmethod
    def full(cls, rate: Rate, now: float) -> "Bucket":
        """Return a bucket from which nothing has been taken."""
        return cls(rate, float(_burst(rate)), now)

    def available(self, now: float) -> int:
        """Return how many weights may leave now."""
        self._refill(now)
        return max(0, int(self.tokens + 1e-9))

    def spend(self, weight: int, now: float) -> None:
        """Take tokens out. What weighs more than is there leaves a debt, paid before the next."""
        self._refill(now)
        self.tokens -= weight

    def wait(self, now: float, weight: int = 1) -> float:
        """Return the seconds until so much weight may leave, which is no more than a burst."""
        self._refill(now)
        return 0.0 if self.tokens >= weight else (weight - self.tokens) / self.speed

    def _refill(self, now: float) -> None:
        if now > self.at:
            self.tokens = min(self.most, self.tokens + (now - self.at) * self.speed)
            self.at = now


def shards(rate: Rate) -> int:
    """Return into how many shards a channel of this rate is cut, so that several senders can serve it."""
    return max(1, min(SHARDS, ceil(rate.count / rate.seconds / PER_SHARD)))


def share(rate: Rate, shards: int) -> Rate:
    """Return one shard's part of a channel's rate."""
    return Rate(max(1, rate.count // shards), rate.seconds)


def _burst(rate: Rate) -> int:
    return max(1, min(rate.count // PART, max(AT_ONCE, int(rate.count / rate.seconds))))
