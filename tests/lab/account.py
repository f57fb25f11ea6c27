"""The account of the lab: every call that arrived, in order, and what became of it. Tests and others ask it."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern
from typing import Any


@dataclass(slots=True)
class Arrival:
    """One call. `sent` says that a person got a message by it; `status` is 0 until it is answered, or for ever."""

    number: int
    platform: str
    bot: str
    method: str
    began: float  # as time.time() tells it, so that other processes can compare
    to: str = ""
    text: str = ""
    sent: bool = False
    status: int = 0
    ended: float = 0.0
    fate: str = "open"  # open | answered | unread (the caller had gone) | dropped

    def told(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Account:
    """Keeps arrivals; a bot is asked for by its username or by itself, a person by the id or by himself."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    def arrived(self, platform: str, bot: str, method: str) -> Arrival:
        """Note a call that begins now."""
        arrival = Arrival(len(self.arrivals) + 1, platform, bot, intern(method), time.time())
        self.arrivals.append(arrival)
        return arrival

    def find(self, bot: Any = None, to: Any = None, method: str = "") -> Iterator[Arrival]:
        """Go through the arrivals that fit."""
        bot, to = _key(bot), _key(to)
        for one in list(self.arrivals):
            if bot in ("", one.bot) and to in ("", one.to) and method in ("", one.method):
                yield one

    def sent(self, bot: Any = None, to: Any = None) -> list[Arrival]:
        """Return what people got, in order."""
        return [one for one in self.find(bot, to) if one.sent]

    def texts(self, bot: Any = None, to: Any = None) -> list[str]:
        """Return the words of what people got, in order."""
        return [one.text for one in self.sent(bot, to)]

    def count(self, bot: Any = None, to: Any = None, method: str = "") -> int:
        """Count the calls, whatever became of them."""
        return sum(1 for _ in self.find(bot, to, method))

    def twice(self, bot: Any = None) -> dict[tuple[str, str, str], int]:
        """Return (bot, person, words) that arrived more than once, and how often."""
        times = Counter((one.bot, one.to, one.text) for one in self.sent(bot))
        return {what: number for what, number in times.items() if number > 1}

    def open_calls(self, bot: Any = None) -> list[Arrival]:
        """Return the calls that are not answered yet."""
        return [one for one in self.find(bot) if one.fate == "open"]

    def in_flight(self, moment: float, margin: float = 0.0) -> list[Arrival]:
        """Return the calls that were under way at a moment of time.time(), give or take `margin` seconds."""
        return [
            one
            for one in self.find()
            if one.began <= moment + margin and (one.ended == 0 or one.ended >= moment - margin)
        ]

    def clear(self) -> None:
        """Begin anew. Calls that are under way stay with those who made them."""
        self.arrivals = []

    def told(self, bot: str = "", to: str = "", after: int = 0, limit: int = 1000) -> dict[str, Any]:
        """Return the account for JSON: sums, and the arrivals that follow number `after`."""
        every = list(self.find(bot, to))
        page = [one.told() for one in every if one.number > after][:limit]
        twice = [{"bot": b, "to": t, "text": text, "times": n} for (b, t, text), n in self.twice(bot).items()]
        return {
            "calls": len(every),
            "sent": sum(one.sent for one in every),
            "open": sum(one.fate == "open" for one in every),
            "refused": sum(one.status >= 400 for one in every),
            "twice": twice[:100],
            "arrivals": page,
        }


def _key(who: Any) -> str:
    return "" if who is None else str(getattr(who, "key", who))
