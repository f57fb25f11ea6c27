"""A chat of an account with a person, and what stands in it."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from lab.people import Person

KEPT_MESSAGES = 400
DAY, WEEK = 24 * 3600.0, 7 * 24 * 3600.0


@dataclass(slots=True)
class Standing:
    """A message: words, one file or place, quick replies, a template. `mine` says that the person wrote it."""

    mid: str
    number: int
    mine: bool
    text: str = ""
    kind: str = "text"
    file: int = 0  # the number of a file
    quick_replies: list[dict[str, Any]] = field(default_factory=list)
    template: dict[str, Any] = field(default_factory=dict)
    place: dict[str, float] = field(default_factory=dict)
    edited: int = 0
    at: float = field(default_factory=time.time)
    pressed: set[str] = field(default_factory=set)

    def buttons(self) -> list[dict[str, Any]]:
        """Return the buttons of its template, or of each of its cards."""
        cards = [self.template, *self.template.get("elements", ())]
        return [button for card in cards for button in card.get("buttons", ())]


class Chat:
    """One person's chat with one account. Old messages are forgotten."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.started = False
        self.blocked = False
        self.heard_at = 0.0
        self.brought = ""  # what a link said by which he came, until his first message tells it
        self.messages: OrderedDict[str, Standing] = OrderedDict()
        self.typing_until = 0.0
        self._next = 1

    def add(self, mine: bool, **said: Any) -> Standing:
        """Put a message into it."""
        standing = Standing(f"m_{secrets.token_urlsafe(24)}", self._next, mine, **said)
        self._next += 1
        self.messages[standing.mid] = standing
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)
        return standing

    def numbered(self, number: int) -> Standing:
        """Return the message of this number."""
        found = next((one for one in self.messages.values() if one.number == number), None)
        if found is None:
            raise LookupError(f"{self.person.name} sees no message {number}")
        return found

    def quick_replies(self) -> list[dict[str, Any]]:
        """Return those that can be pressed: of the last message only."""
        last = next(reversed(self.messages.values()), None)
        return last.quick_replies if last and not last.mine else []

    def silence(self, now: float) -> float:
        """Return for how long the person has said nothing."""
        return now - self.heard_at
