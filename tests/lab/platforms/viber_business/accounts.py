"""An account at a provider: its key, its sender's name, what reached people's Viber, where states are posted."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from lab.ground import Ground, on_the_loop
from lab.people import Person

PAUSES = (0.05, 1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(slots=True)
class Shown:
    """A message on a person's phone. `name` is the provider's id of it."""

    id: int
    name: str
    text: str
    image: str
    button: tuple[str, str]
    mine: bool = False
    edited: bool = False
    at: int = field(default_factory=lambda: int(time.time()))

    @property
    def kind(self) -> str:
        """What it is."""
        return "photo" if self.image else "text"


@dataclass(slots=True)
class Chat:
    """What one person got."""

    person: Person
    messages: list[Shown] = field(default_factory=list)
    has_viber: bool = True
    read: int = 0


class Bot:
    """One account. `key` is its login."""

    def __init__(self, ground: Ground, provider: str, key: str, name: str) -> None:
        self.ground, self.provider, self.key, self.name = ground, provider, key, name
        self.apikey, self.hook_secret = secrets.token_hex(16), secrets.token_hex(8)
        self.sender = "Shop"
        self.hook = ""
        self.balance = 1000.0
        self.rate: float | None = None
        self.chats: dict[int, Chat] = {}
        self.told: dict[tuple[str, str], int] = {}  # phone and id -> state
        self.next_id = 1
        self.last_error = ""
        self._taken: list[float] = []

    @property
    def username(self) -> str:
        """What pages call it."""
        return self.key

    @on_the_loop
    def phone(self, person: Person) -> Any:
        """Return the person's phone."""
        from lab.platforms.viber_business.phones import Phone

        return Phone(self, self.chats.setdefault(person.id, Chat(person)))

    @on_the_loop
    def limit(self, rate: float | None = None) -> None:
        """Set how many messages a second it may send; None: as many as it likes."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the key worthless; return the new one."""
        self.apikey = secrets.token_hex(16)
        self.ground.changed()
        return self.apikey

    @on_the_loop
    def points_to(self, url: str) -> None:
        """Set the address of states, as people do in the cabinet."""
        self.hook = url
        self.ground.changed()

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Have states go elsewhere."""
        self.hook = url

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"provider": self.provider, "login": self.key, "apikey": self.apikey, "sender": self.sender}

    def chat(self, number: str) -> Chat | None:
        """Return what whoever has this number got."""
        person = self.ground.people.with_phone(number)
        return self.chats.setdefault(person.id, Chat(person)) if person else None

    def may_send(self) -> bool:
        """Say whether the limit lets one more leave, and count it."""
        now = time.monotonic()
        self._taken = [at for at in self._taken if now - at < 1]
        self._taken.append(now)
        return self.rate is None or len(self._taken) <= self.rate

    def shows(self, chat: Chat, name: str, text: str, image: str = "", button: tuple[str, str] = ("", "")) -> None:
        """Show a message on a person's phone."""
        chat.messages.append(Shown(len(chat.messages) + 1, name, text, image, button))
        self.touched(chat)

    def touched(self, chat: Chat) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{chat.person.id}")

    def post(self, fields: dict[str, str]) -> None:
        """Post a state until somebody takes it."""
        if self.hook:
            self.ground.spawn(self._post(fields))

    async def _post(self, fields: dict[str, str]) -> None:
        for pause in PAUSES:
            try:
                async with self.ground.client.post(self.hook, data=fields, allow_redirects=False) as reply:
                    if 200 <= reply.status < 300:
                        return
                    self.last_error = str(reply.status)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self.last_error = type(error).__name__
            await asyncio.sleep(pause)

    def shown(self) -> dict[str, Any]:
        """Return the account for JSON."""
        return {
            "platform": "viber_business",
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "provider": self.provider,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook,
            "waiting": 0,
            "problem": self.last_error,
            "people": [],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this account again."""
        names = ("provider", "key", "name", "apikey", "hook_secret", "sender", "hook", "balance", "rate", "next_id")
        return {name: getattr(self, name) for name in names}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that account again."""
        for name in ("apikey", "hook_secret", "sender", "hook", "balance", "rate"):
            setattr(self, name, kept[name])
        self.next_id = kept["next_id"] + 10_000
