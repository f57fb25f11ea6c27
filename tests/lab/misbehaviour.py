"""How the lab misbehaves when told to: each switch says what happens, to which calls, and how often."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

# What happens to a call, and to news on their way to a webhook.
CALLS = ("too_many", "server_error", "slow", "drop_before", "drop_unhandled", "drop_after")
HOOKS = ("hook_lost", "hook_doubled", "hook_out_of_order", "hook_late")
KINDS = (*CALLS, *HOOKS)


@dataclass(slots=True)
class Switch:
    """One way to misbehave.

    too_many: 429 with `seconds` to wait · server_error: `status` · slow: the answer takes `seconds` ·
    drop_before: the connection is cut before the body is read · drop_unhandled: read, not done, cut ·
    drop_after: done, and cut `seconds` later · hook_lost, hook_doubled, hook_out_of_order, hook_late (`seconds`).
    """

    number: int
    kind: str
    bot: str = ""
    method: str = ""
    person: str = ""
    times: int | None = None  # how many more calls; None: until it is taken away
    share: float = 1.0  # of the calls that fit
    seconds: float = 1.0
    status: int = 502
    chance: random.Random = field(default_factory=random.Random, repr=False)
    hits: int = 0

    def told(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "chance"}


class Misbehaviour:
    """The switches that are on. They are asked in the order in which they were set."""

    def __init__(self) -> None:
        self.switches: list[Switch] = []
        self._numbers = count(1)

    def set(self, kind: str, *, bot: Any = None, person: Any = None, seed: int = 0, **how: Any) -> Switch:
        """Turn a switch on; `bot` and `person` by themselves or by their keys."""
        if kind not in KINDS:
            raise ValueError(f"{kind} is none of {', '.join(KINDS)}")
        chance = random.Random(seed)
        switch = Switch(next(self._numbers), kind, bot=_key(bot), person=_key(person), chance=chance, **how)
        self.switches.append(switch)
        return switch

    def remove(self, number: int) -> None:
        """Turn one off."""
        self.switches = [one for one in self.switches if one.number != number]

    def clear(self) -> None:
        """Behave again."""
        self.switches = []

    def take(self, kinds: Iterable[str], bot: str, method: str = "", person: str = "") -> list[Switch]:
        """Return the switches that this call or update meets now, each used once by it."""
        met = [one for one in self.switches if one.kind in kinds and _meets(one, bot, method, person)]
        for one in met:
            one.hits += 1
            if one.times is not None:
                one.times -= 1
                if one.times <= 0:
                    self.remove(one.number)
        return met


def _meets(switch: Switch, bot: str, method: str, person: str) -> bool:
    fits = switch.bot in ("", bot) and switch.method in ("", method) and switch.person in ("", person)
    return fits and (switch.share >= 1 or switch.chance.random() < switch.share)


def _key(who: Any) -> str:
    return "" if who is None else str(getattr(who, "key", who))
