"""How fast messages may leave: token buckets, pure. `pump` keeps one for a channel and one for each chat."""

from dataclasses import dataclass

from messengers.adapter import Rate


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


def _burst(rate: Rate) -> int:
    return max(1, rate.count // 10)


def _per_second(rate: Rate) -> float:
    # A burst may open the span, so the rest of it brings only what is left of the count.
    return (rate.count - _burst(rate) + 1) / rate.seconds
