"""A chat of a bot with a person: who may write, and every message that stands in it."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from lab.people import Person
from lab.platforms.telegram.refusals import forbidden

KEPT_MESSAGES = 400


@dataclass(slots=True)
class Standing:
    """A message in the chat, as the Bot API tells it. `mine` says that the person wrote it."""

    told: dict[str, Any]
    mine: bool
    pressed: set[str] = field(default_factory=set)

    @property
    def id(self) -> int:
        """Its number, as the bot knows it."""
        return int(self.told["message_id"])


class Chat:
    """One person's chat with one bot. Old messages are forgotten."""

    def __init__(self, bot: dict[str, Any], person: Person) -> None:
        self.bot, self.person = bot, person
        self.started = False
        self.blocked = False
        self.gone = False  # the person has deleted his account
        self.refuses_voice = False
        self.messages: OrderedDict[int, Standing] = OrderedDict()
        self.keyboard: dict[str, Any] | None = None
        self.toast = ""  # what the bot last said on a press
        self.typing_until = 0.0

    def may_write(self) -> None:
        """Refuse the bot where Telegram would."""
        if self.gone:
            raise forbidden("user is deactivated")
        if self.blocked:
            raise forbidden("bot was blocked by the user")
        if not self.started:
            raise forbidden("bot can't initiate conversation with a user")

    def add(self, number: int, mine: bool, content: dict[str, Any]) -> Standing:
        """Put a message into the chat."""
        told = {
            "message_id": number,
            "from": self.user() if mine else self.bot,
            "chat": self.told(),
            "date": int(time.time()),
            **content,
        }
        standing = self.messages[number] = Standing(told, mine)
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)
        return standing

    def told(self) -> dict[str, Any]:
        """Return the chat as the Bot API tells it."""
        person = self.person
        names = {"first_name": person.first_name, "last_name": person.last_name, "username": person.username}
        return {"id": person.id, "type": "private", **{name: value for name, value in names.items() if value}}

    def user(self) -> dict[str, Any]:
        """Return the person as the Bot API tells him."""
        told = {name: value for name, value in self.told().items() if name != "type"}
        return {"is_bot": False, **told, "language_code": self.person.language}

    def wear(self, markup: dict[str, Any] | None) -> None:
        """Show or hide the reply keyboard that came with a message."""
        if not markup:
            return
        if "keyboard" in markup:
            self.keyboard = markup
        elif markup.get("remove_keyboard"):
            self.keyboard = None
