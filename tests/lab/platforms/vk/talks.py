"""A talk of a community with a person: whether it may write to him, and every message that stands in it."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from lab.people import Person
from lab.platforms.vk.refusals import DELETED, FLOOD, NOT_ALLOWED, RefusalError

KEPT_MESSAGES = 400
REMEMBERED = 100  # messages among which a repeat of a `random_id` is known, if they are not older than an hour
HOUR = 3600.0


@dataclass(slots=True)
class Standing:
    """A message in the talk, as VK tells it. `mine` says that the person wrote it."""

    told: dict[str, Any]
    mine: bool
    at: float = field(default_factory=time.monotonic)
    edited: bool = False
    pressed: set[str] = field(default_factory=set)

    @property
    def id(self) -> int:
        """Its number in the community."""
        return int(self.told["id"])


class Talk:
    """One person's talk with one community. Old messages are forgotten."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.allowed = False  # he wrote, or pressed Allow
        self.denied = False
        self.gone = False  # he has deleted his page
        self.messages: OrderedDict[int, Standing] = OrderedDict()
        self.keyboard: dict[str, Any] | None = None
        self.toast = ""
        self.open_presses: dict[str, float] = {}
        self.answered: list[str] = []  # presses that the community has heard
        self.typing_until = 0.0
        self.read_upto = 0
        self.per_hour = 1000
        self._next = 1
        self._sent_at: list[float] = []

    @property
    def key(self) -> str:
        """What the account and the switches call the person."""
        return self.person.key

    def may_write(self) -> None:
        """Refuse the community where VK would."""
        if self.gone:
            raise RefusalError(*DELETED)
        if self.denied or not self.allowed:
            raise RefusalError(*NOT_ALLOWED)

    def spend(self, now: float) -> None:
        """Count a message to this person; too many an hour are a flood."""
        self._sent_at = [at for at in self._sent_at if now - at < HOUR]
        if len(self._sent_at) >= self.per_hour:
            raise RefusalError(*FLOOD)
        self._sent_at.append(now)

    def repeated(self, random_id: int, now: float) -> Standing | None:
        """Return the message that came under this number before."""
        if not random_id:
            return None
        newest = list(self.messages.values())[-REMEMBERED:]
        known = (one for one in newest if not one.mine and one.told.get("random_id") == random_id)
        return next((one for one in known if now - one.at < HOUR), None)

    def add(self, number: int, mine: bool, group: int, content: dict[str, Any]) -> Standing:
        """Put a message into the talk."""
        told = {
            "id": number,
            "date": int(time.time()),
            "peer_id": self.person.id,
            "from_id": self.person.id if mine else -group,
            "out": 0 if mine else 1,
            "conversation_message_id": self._next,
            "random_id": 0,
            "version": 10_000_000 + number,
            "important": False,
            "is_hidden": False,
            "text": "",
            "attachments": [],
            "fwd_messages": [],
            **content,
        }
        self._next += 1
        standing = self.messages[number] = Standing(told, mine)
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)
        return standing

    def wear(self, keyboard: dict[str, Any] | None) -> None:
        """Show or hide the keyboard that stands under the whole talk."""
        if keyboard is not None and not keyboard.get("inline"):
            self.keyboard = keyboard if keyboard["buttons"] else None
