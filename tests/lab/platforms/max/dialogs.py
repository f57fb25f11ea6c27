"""A dialog of a bot with a person: whether it may write to him, and every message that stands in it."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from lab.people import Person
from lab.platforms.max.refusals import not_found, suspended

KEPT_MESSAGES = 400


@dataclass(slots=True)
class Standing:
    """A message in the dialog, as MAX tells it. `mine` says that the person wrote it."""

    id: int
    told: dict[str, Any]
    mine: bool
    edited: bool = False
    pressed: set[str] = field(default_factory=set)

    @property
    def mid(self) -> str:
        """MAX's name of it."""
        return str(self.told["body"]["mid"])

    @property
    def said(self) -> dict[str, Any]:
        """Its body."""
        body: dict[str, Any] = self.told["body"]
        return body

    @property
    def rows(self) -> list[list[dict[str, Any]]]:
        """The buttons under it."""
        boards = [one for one in self.said.get("attachments") or () if one["type"] == "inline_keyboard"]
        return [row for board in boards for row in board["payload"]["buttons"]]


class Dialog:
    """One person's dialog with one bot. Old messages are forgotten."""

    def __init__(self, person: Person, number: int) -> None:
        self.person, self.number = person, number
        self.started = False
        self.blocked = False
        self.messages: OrderedDict[int, Standing] = OrderedDict()
        self.toast = ""
        self.typing_until = 0.0

    def may_write(self) -> None:
        """Refuse the bot where MAX would."""
        if self.blocked:
            raise suspended()
        if not self.started:
            raise not_found()

    def add(self, number: int, mine: bool, sender: dict[str, Any], to: int, content: dict[str, Any]) -> Standing:
        """Put a message into the dialog."""
        link = {"link": content.pop("link")} if content.get("link") else {}
        said = {"mid": f"mid.{self.number:016x}{number:016x}", "seq": number, **content}
        told = {
            "sender": sender,
            "recipient": {"chat_id": self.number, "chat_type": "dialog", "user_id": to},
            "timestamp": int(time.time() * 1000),
            "body": said,
            **link,
        }
        standing = self.messages[number] = Standing(number, told, mine)
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)
        return standing
