"""A person's phone: what providers' accounts sent to his Viber."""

from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.viber_business import states
from lab.platforms.viber_business.accounts import Bot, Chat, Shown


class Phone:
    """What one person got from one account."""

    def __init__(self, bot: Bot, chat: Chat) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, chat

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/viber_business/{self.bot.key}/{self.person.id}"

    def writes(self, text: str) -> int:
        """Fail: the accounts of the lab hear nobody."""
        raise LookupError("These accounts hear no answers")

    def start(self, payload: str = "") -> int:
        """Fail: there is nothing to open."""
        raise LookupError("Nobody has to come first")

    def sends(self, kind: str, file: Any = None, caption: str = "") -> int:
        """Fail: the accounts of the lab hear nobody."""
        raise LookupError(f"These accounts take no {kind}")

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press the button of a message; return the address that it opens."""
        for one in reversed(self.chat.messages):
            if one.button[0] == label and message in (None, one.id):
                return one.button[1]
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    @on_the_loop
    def reads(self) -> None:
        """Look at what came."""
        for one in self.chat.messages[self.chat.read :]:
            states.tell(self.bot, self.person.phone, one.name, states.SEEN)
        self.chat.read = len(self.chat.messages)

    @on_the_loop
    def blocks(self) -> None:
        """Have no Viber any more."""
        self.chat.has_viber = False

    @on_the_loop
    def unblocks(self) -> None:
        """Have it again."""
        self.chat.has_viber = True

    @on_the_loop
    def messages(self) -> list[Shown]:
        """Return what stands on the screen, the oldest first."""
        return list(self.chat.messages)

    def texts(self) -> list[str]:
        """Return what came, the oldest first."""
        return [one.text for one in self.messages()]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return what can be pressed under the newest message."""
        return [self.chat.messages[-1].button[0]] if self.chat.messages and self.chat.messages[-1].button[0] else []

    @property
    def toast(self) -> str:
        """There are none."""
        return ""

    @on_the_loop
    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return {
            "bot": {"name": self.bot.name, "username": self.bot.key, "picture": ""},
            "person": {"name": self.person.name, "phone": self.person.phone},
            "started": True,
            "blocked": not self.chat.has_viber,
            "typing": False,
            "toast": "",
            "commands": [],
            "keyboard": None,
            "messages": [_told(one) for one in self.chat.messages],
        }


def _told(one: Shown) -> dict[str, Any]:
    words, url = one.button
    button = {"text": words, "url": url, "copies": "", "style": "", "waits": False}
    return {
        "id": one.id, "mine": False, "at": one.at, "edited": False, "text": one.text, "entities": [], "album": "",
        "buttons": [[button]] if words else [],
    }  # fmt: skip
