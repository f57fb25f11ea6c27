"""An account at a provider: its keys, its people's chats, how fast it may send, where its news go."""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.sms.lines import Line
from lab.platforms.sms.posting import Posts

if TYPE_CHECKING:
    from lab.platforms.sms.centre import Centre
    from lab.platforms.sms.phones import Phone

_SHORT_NUMBER = "7770"  # under which a centre's account writes


@dataclass(slots=True)
class Sms:
    """One SMS on a person's phone."""

    id: int
    mine: bool
    text: str
    at: int
    name: str = ""  # the provider's id of one of ours
    state: str = ""


@dataclass(slots=True)
class Chat:
    """What one person and one account have said to each other."""

    person: Person
    messages: list[Sms] = field(default_factory=list)
    stopped: bool = False  # the person has said STOP, which Twilio itself obeys
    off: bool = False  # his phone is switched off
    started: bool = False


class Bot:
    """One account. `key` is its number (Twilio), its login (SMSC.ru) or its system id (SMPP)."""

    def __init__(self, ground: Ground, centre: "Centre", provider: str, key: str, name: str) -> None:
        self.ground, self.provider, self.key, self.name = ground, provider, key, name
        self.centre, self.line = centre, Line(ground, self)
        self.sender = _SHORT_NUMBER
        self.sid = f"AC{secrets.token_hex(16)}"
        self.password = self._new_password()
        self.hook_secret = secrets.token_hex(8) if provider == "smsc" else ""
        self.hook = ""  # where SMS that people write are posted; of SMSC.ru, states too
        self.rate: float | None = None
        self.balance = 1000.0
        self.suspended = False
        self.chats: dict[int, Chat] = {}
        self.told: dict[tuple[str, str], dict[str, Any]] = {}  # by number and id: what was sent
        self.next_sms = 1
        self._taken: deque[float] = deque()
        self.posts = Posts(ground, self)

    @property
    def username(self) -> str:
        """What pages call it."""
        return self.key

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing what this account sent."""
        from lab.platforms.sms.phones import Phone

        return Phone(self, self.chat(person))

    @on_the_loop
    def limit(self, rate: float | None = None) -> None:
        """Set how many SMS a second it may send; None: as many as it likes."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the password worthless; return the new one."""
        self.password = self._new_password()
        self.line.cut()
        self.ground.changed()
        return self.password

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Have its news go elsewhere."""
        self.hook = url

    @on_the_loop
    def points_to(self, url: str) -> None:
        """Set the address of news, as people do in SMSC.ru's cabinet."""
        self.hook = url
        self.ground.changed()

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        told = {"provider": self.provider, "password": self.password}
        match self.provider:
            case "smsc":
                return {**told, "login": self.key, "hook_secret": self.hook_secret}
            case "smpp":
                port = str(self.centre.port)
                return {**told, "host": "127.0.0.1", "port": port, "system_id": self.key, "sender": self.sender}
            case _:
                return {**told, "account_sid": self.sid, "sender": f"+{self.key}"}

    def chat(self, person: Person) -> Chat:
        """Return what was said with a person."""
        return self.chats.setdefault(person.id, Chat(person))

    def person(self, number: str) -> Person | None:
        """Return whose number it is."""
        return self.ground.people.with_phone(number)

    def may_send(self) -> bool:
        """Say whether the limit lets one more leave, and count it."""
        now = time.monotonic()
        while self._taken and now - self._taken[0] > 1:
            self._taken.popleft()
        if self.rate is not None and len(self._taken) >= self.rate:
            return False
        self._taken.append(now)
        return True

    def arrives(self, person: Person, text: str, name: str) -> Sms:
        """Show an SMS of ours on a person's phone."""
        return self._add(self.chat(person), Sms(self._number(), False, text, int(time.time()), name))

    def hears(self, chat: Chat, text: str) -> Sms:
        """Take what a person wrote."""
        chat.started = True
        return self._add(chat, Sms(self._number(), True, text, int(time.time())))

    def _new_password(self) -> str:
        return secrets.token_hex(4 if self.provider == "smpp" else 16)  # SMPP has room for eight letters

    def _add(self, chat: Chat, sms: Sms) -> Sms:
        chat.messages.append(sms)
        self.touched(chat)
        return sms

    def _number(self) -> int:
        number, self.next_sms = self.next_sms, self.next_sms + 1
        return number

    def touched(self, chat: Chat) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{chat.person.id}")

    def shown(self) -> dict[str, Any]:
        """Return the account for JSON."""
        return {
            "platform": "sms",
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "provider": self.provider,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook,
            "waiting": self.posts.waiting + self.line.waiting,
            "problem": self.posts.last_error,
            "people": [number for number, chat in self.chats.items() if chat.started],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this account again."""
        names = ("provider", "key", "name", "sid", "password", "hook_secret", "hook", "rate", "balance", "next_sms")
        return {**{name: getattr(self, name) for name in names}, "next_id": self.line.next_id}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that account again. Numbers jump ahead: those used since it was kept must not come twice."""
        for name in ("sid", "password", "hook_secret", "hook", "rate", "balance"):
            setattr(self, name, kept[name])
        self.next_sms = kept["next_sms"] + 10_000
        self.line.next_id = kept.get("next_id", 1) + 10_000
