"""A bot of the fake MAX: its token, its dialogs, its news. A person meets it by `bot.phone(person)`."""

import secrets
import time
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.max.dialogs import Dialog, Standing
from lab.platforms.max.files import Files
from lab.platforms.max.news import News
from lab.platforms.max.refusals import not_found

if TYPE_CHECKING:
    from lab.platforms.max.phones import Phone

PER_SECOND = 30.0


class Bot:
    """One bot."""

    def __init__(self, ground: Ground, files: Files, number: int, name: str, key: str) -> None:
        self.ground, self.files = ground, files
        self.id, self.name, self.key = number, name, key
        self.token = _token()
        self.dialogs: dict[int, Dialog] = {}
        self.news = News(ground, lambda: self.key)
        self.presses: dict[str, tuple[Dialog, Standing]] = {}
        self.digesting = 0
        self.refuses_addresses = False  # to which news could be posted
        self.next_message = 1
        self.rate: float | None = PER_SECOND
        self._tokens, self._at = PER_SECOND, 0.0

    @property
    def username(self) -> str:
        """Its short name, which is its key here."""
        return self.key

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the dialog with this bot."""
        from lab.platforms.max.phones import Phone

        return Phone(self, self.dialog(person))

    @on_the_loop
    def limit(self, rate: float | None = PER_SECOND) -> None:
        """Set how many calls it may make a second; None turns the limit off."""
        self.rate, self._tokens = rate, rate or 0.0
        self.ground.changed()

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless, as its owner does at business.max.ru; return the new one."""
        self.token = _token()
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Have another program take our address down and put up its own."""
        self.drops_hooks()
        self.news.subscribe(url, (), "")

    @on_the_loop
    def drops_hooks(self) -> None:
        """Do what MAX does after eight hours in which nobody took the news."""
        for url in list(self.news.subscriptions):
            self.news.forget(url)

    @on_the_loop
    def digests(self, times: int) -> None:
        """Refuse so many messages with each file that comes up from now on: it is still looked through."""
        self.digesting = times

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"token": self.token}

    @property
    def hook_url(self) -> str:
        """Where its news are posted."""
        return next(iter(self.news.subscriptions), "")

    def dialog(self, person: Person) -> Dialog:
        """Return the dialog with a person, made when it is first asked for."""
        return self.dialogs.setdefault(person.id, Dialog(person, person.id * 100 + self.id % 100))

    def find(self, mid: str) -> tuple[Dialog, Standing]:
        """Return a message by MAX's name of it."""
        for dialog in self.dialogs.values():
            for standing in dialog.messages.values():
                if standing.mid == mid:
                    return dialog, standing
        raise not_found("message")

    def message_number(self) -> int:
        """Return the number of the next message."""
        number, self.next_message = self.next_message, self.next_message + 1
        if number % 1000 == 0:
            self.ground.changed()  # so that a lab that is killed goes on above the numbers it has used
        return number

    def may_call(self, now: float) -> bool:
        """Count a call; False for one too many."""
        if self.rate is None:
            return True
        self._tokens = min(self.rate * 1.5, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def tell(self, kind: str, dialog: Dialog, **told: Any) -> None:
        """Tell news of a dialog."""
        body = {"update_type": kind, "timestamp": int(time.time() * 1000), **told}
        self.news.tell(dialog.person.id, body)
        self.touched(dialog)

    def say(self, dialog: Dialog, content: dict[str, Any]) -> Standing:
        """Put a message of the bot's into a dialog."""
        standing = dialog.add(self.message_number(), False, self.user(), dialog.person.id, content)
        self.touched(dialog)
        return standing

    def touched(self, dialog: Dialog) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{dialog.person.id}")

    def user(self) -> dict[str, Any]:
        """Return the bot as MAX tells it in a message."""
        now = int(time.time() * 1000)
        told = {"user_id": self.id, "first_name": self.name, "username": self.key, "is_bot": True}
        return {**told, "last_activity_time": now, "name": self.name}

    def told(self) -> dict[str, Any]:
        """Return the bot as it asks for itself."""
        face = f"{self.ground.url}/max/face/{self.id}.jpg"
        return {**self.user(), "description": None, "avatar_url": face, "full_avatar_url": face, "commands": None}

    def shown(self) -> dict[str, Any]:
        """Return the bot for JSON."""
        problems = [one.last_error for one in self.news.subscriptions.values() if one.last_error]
        return {
            "platform": "max",
            "key": self.key,
            "id": self.id,
            "name": self.name,
            "username": self.key,
            "token": self.token,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook_url,
            "waiting": self.news.waiting,
            "problem": problems[0] if problems else "",
            "people": [number for number, dialog in self.dialogs.items() if dialog.started],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this bot again."""
        return {
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "token": self.token,
            "rate": self.rate,
            "next_message": self.next_message,
            "hooks": [[one.url, list(one.types), one.secret] for one in self.news.subscriptions.values()],
            "dialogs": [[one.person.id, one.started, one.blocked] for one in self.dialogs.values()],
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that bot again. Numbers jump ahead: those used since it was kept must not come twice."""
        self.token = kept["token"]
        self.limit(kept["rate"])
        self.next_message = kept["next_message"] + 10_000
        for url, types, secret in kept["hooks"]:
            self.news.subscribe(url, tuple(types), secret)
        for number, started, blocked in kept["dialogs"]:
            person = self.ground.people.find(number)
            if person is not None:
                dialog = self.dialog(person)
                dialog.started, dialog.blocked = started, blocked


def _token() -> str:
    return f"f9LHodD0cO{secrets.token_urlsafe(45)}"
