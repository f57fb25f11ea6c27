"""A bot of the fake Telegram: its token, its chats, its queue of updates. A person meets it by `bot.phone(person)`."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.telegram.chats import Chat
from lab.platforms.telegram.limits import PER_BOT, PER_CHAT, Limits
from lab.platforms.telegram.updates import Hook, Updates

if TYPE_CHECKING:
    from lab.platforms.telegram.files import Files
    from lab.platforms.telegram.phones import Phone


class Bot:
    """One bot."""

    def __init__(self, ground: Ground, files: "Files", number: int, name: str, username: str) -> None:
        self.ground, self.files = ground, files
        self.id, self.name, self.username = number, name, username
        self.token = _token(number)
        self.limits = Limits()
        self.chats: dict[int, Chat] = {}
        self.next_message = 1
        self.commands: list[dict[str, Any]] = []
        self.open_presses: dict[str, int] = {}  # callback queries that are not answered, and whose they are
        self.answers: list[dict[str, Any]] = []
        self.picture = 0  # the number of a file
        self.updates = Updates(ground, username, 100_000, self._run)
        self.run: Callable[[Bot, str, dict[str, Any]], Awaitable[Any]] | None = None

    @property
    def key(self) -> str:
        """What the account and the switches call it."""
        return self.username

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the chat with this bot."""
        from lab.platforms.telegram.phones import Phone

        return Phone(self, self.chat(person))

    @on_the_loop
    def limit(self, rate: float | None = PER_BOT, per_chat: float | None = PER_CHAT) -> None:
        """Set how fast it may send; None for `rate` turns all limits off."""
        self.limits = Limits(rate, per_chat)

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless, as BotFather's /revoke does; return the new one."""
        self.token = _token(self.id)
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Let another program take the webhook."""
        self.updates.hook = Hook(url=url)
        self.updates.wake()

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"token": self.token}

    @property
    def hook_url(self) -> str:
        """Where its updates are posted."""
        return self.updates.hook.url

    @property
    def waiting(self) -> int:
        """How many updates have not been taken."""
        return len(self.updates.pending)

    def chat(self, person: Person) -> Chat:
        """Return the chat with a person, made when it is first asked for."""
        return self.chats.setdefault(person.id, Chat(self.told(), person))

    def message_number(self) -> int:
        """Return the number of the next message."""
        number, self.next_message = self.next_message, self.next_message + 1
        if number % 1000 == 0:
            self.ground.changed()  # so that a lab that is killed goes on above the numbers it has used
        return number

    def told(self) -> dict[str, Any]:
        """Return the bot as messages tell it."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def touched(self, chat: Chat) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.username}/{chat.person.id}")

    async def _run(self, told: dict[str, Any]) -> None:
        if self.run is not None:
            await self.run(self, told["method"], {name: value for name, value in told.items() if name != "method"})

    def shown(self) -> dict[str, Any]:
        """Return the bot for JSON."""
        hook = self.updates.hook
        return {
            "platform": "telegram",
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "token": self.token,
            "limits": self.limits.rate is not None,
            "hook": hook.url,
            "waiting": len(self.updates.pending),
            "problem": hook.last_error,
            "people": [number for number, chat in self.chats.items() if chat.started],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this bot again."""
        hook = asdict(self.updates.hook) | {"last_error": "", "last_error_at": 0}
        return {
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "token": self.token,
            "rate": self.limits.rate,
            "per_chat": self.limits.per_chat,
            "next_message": self.next_message,
            "next_update": self.updates.next_id,
            "hook": hook,
            "chats": [[chat.person.id, chat.started, chat.blocked] for chat in self.chats.values()],
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that bot again. Numbers jump ahead: those used since it was kept must not come twice."""
        self.token = kept["token"]
        self.limits = Limits(kept["rate"], kept["per_chat"])
        self.next_message = kept["next_message"] + 10_000
        self.updates.next_id = kept["next_update"] + 10_000
        self.updates.hook = Hook(**kept["hook"])
        for number, started, blocked in kept["chats"]:
            person = self.ground.people.find(number)
            if person is not None:
                chat = self.chat(person)
                chat.started, chat.blocked = started, blocked


def _token(number: int) -> str:
    return f"{number}:AA{secrets.token_urlsafe(40).replace('-', 'x').replace('_', 'y')[:33]}"
