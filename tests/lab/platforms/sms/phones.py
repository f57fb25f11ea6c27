"""A person's phone: what he writes goes to the account's program; what came from it can be read."""

from dataclasses import dataclass
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.sms import smpp, smsc, twilio
from lab.platforms.sms.bots import Bot, Chat, Sms

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})  # which Twilio hears itself
START = frozenset({"start", "unstop", "yes"})
_TELLING = {"twilio": twilio.tell_received, "smsc": smsc.tell_received, "smpp": smpp.tell_received}


@dataclass(frozen=True, slots=True)
class Seen:
    """An SMS as it stands on the screen."""

    id: int
    mine: bool
    text: str
    kind: str = "text"
    buttons: tuple[tuple[str, ...], ...] = ()
    edited: bool = False


class Phone:
    """The SMS of one person with one account."""

    def __init__(self, bot: Bot, chat: Chat) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, chat

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/sms/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def writes(self, text: str) -> int:
        """Write an SMS."""
        sms = self.bot.hears(self.chat, text)
        word = text.strip().lower()
        if self.bot.provider == "twilio" and word in STOP | START:
            self.chat.stopped = word in STOP
        _TELLING[self.bot.provider](self.bot, self.chat, sms)
        self.ground.changed()
        return sms.id

    def start(self, payload: str = "") -> int:
        """Write first: there is no Start."""
        return self.writes(payload or "Привет")

    def presses(self, label: str, message: int | None = None) -> Any:
        """Fail: an SMS has no buttons."""
        raise LookupError(f"An SMS has no button {label!r}")

    def sends(self, kind: str, file: Any = None, caption: str = "") -> int:
        """Fail: an SMS carries no files."""
        raise LookupError(f"An SMS carries no {kind}")

    def blocks(self) -> None:
        """Say that one wants no more."""
        self.writes("STOP")

    def unblocks(self) -> None:
        """Say that one wants more again."""
        self.writes("START")

    def reads(self) -> None:
        """Fail: SMS do not tell."""
        raise LookupError("An SMS does not tell that it was read")

    @on_the_loop
    def switches_off(self) -> None:
        """Be out of reach: what comes now is not delivered."""
        self.chat.off = True

    @on_the_loop
    def switches_on(self) -> None:
        """Be there again."""
        self.chat.off = False

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [Seen(sms.id, sms.mine, sms.text) for sms in self.chat.messages]

    def texts(self) -> list[str]:
        """Return what came, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    def buttons(self) -> list[str]:
        """Return nothing: there are none."""
        return []

    @property
    def toast(self) -> str:
        """There are none."""
        return ""

    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return {
            "bot": {"name": self.bot.name, "username": self.bot.key, "picture": ""},
            "person": {"name": self.person.name, "phone": self.person.phone},
            "started": True,
            "blocked": self.chat.stopped,
            "typing": False,
            "toast": "",
            "commands": [],
            "keyboard": None,
            "messages": [_told(sms) for sms in self.chat.messages],
        }


def _told(sms: Sms) -> dict[str, Any]:
    return {
        "id": sms.id,
        "mine": sms.mine,
        "at": sms.at,
        "edited": False,
        "text": sms.text,
        "entities": [],
        "album": "",
        "buttons": [],
    }
