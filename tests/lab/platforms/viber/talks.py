"""A talk of a bot with a person: whether he is subscribed, what stands there, what he may still be sent."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from lab.people import Person
from lab.platforms.viber.refusals import RefusalError

HOUR = 3600.0
KEPT = 400


@dataclass(slots=True)
class Standing:
    """A message that stands in a talk. `told` is its JSON; `mine` says that the person wrote it."""

    id: int
    mine: bool
    told: dict[str, Any]
    at: int = field(default_factory=lambda: int(time.time()))
    pressed: set[str] = field(default_factory=set)
    seen: bool = False


class Talk:
    """One person's talk with one bot."""

    def __init__(self, person: Person, bot_id: int) -> None:
        self.person = person
        self.viber_id = f"{bot_id:02d}v{person.id}A="
        self.subscribed = False
        self.api_version = 10
        self.has_device = True
        self.fails_with = ""  # what the app will say of the next message, after Viber took it
        self.messages: OrderedDict[int, Standing] = OrderedDict()
        self.keyboard: dict[str, Any] | None = None
        self.per_hour = 100
        self.asked = 0  # how often the bot asked who he is
        self._unanswered: list[float] = []

    def may_get(self, message: dict[str, Any]) -> None:
        """Refuse the bot where Viber would."""
        if not self.subscribed:
            raise RefusalError(6)
        if not self.has_device:
            raise RefusalError(11)
        if message.get("min_api_version", 1) > self.api_version:
            raise RefusalError(13)
        now = time.monotonic()
        self._unanswered = [at for at in self._unanswered if now - at < HOUR]
        if len(self._unanswered) >= self.per_hour:
            raise RefusalError(12)

    def add(self, number: int, mine: bool, told: dict[str, Any]) -> Standing:
        """Put a message into the talk. A keyboard goes with the next message."""
        standing = self.messages[number] = Standing(number, mine, told)
        while len(self.messages) > KEPT:
            self.messages.popitem(last=False)
        if mine:
            self.subscribed, self._unanswered = True, []
        else:
            self._unanswered.append(time.monotonic())
            self.keyboard = told.get("keyboard")
        return standing

    def last_tracking(self) -> str:
        """Return what the newest message of the bot's wants to come back."""
        ours = [one for one in self.messages.values() if not one.mine]
        return str(ours[-1].told.get("tracking_data", "")) if ours else ""
