"""A bot of the fake Viber: its token, its talks, where its news go. A person meets it by `bot.phone(person)`."""

import secrets
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.viber.posting import Posts
from lab.platforms.viber.refusals import RefusalError
from lab.platforms.viber.talks import Standing, Talk
from lab.samples import Sample

if TYPE_CHECKING:
    from lab.platforms.viber.phones import Phone

ALWAYS = ("message", "subscribed", "unsubscribed")
BROADCASTS = 500  # in ten seconds
_FIRST_TOKEN = 4_912_661_846_655_238_145


class Bot:
    """One bot. `key` is its uri."""

    def __init__(self, ground: Ground, number: int, key: str, name: str) -> None:
        self.ground, self.number, self.key, self.name = ground, number, key, name
        self.token = _token()
        self.hook = ""
        self.events: list[str] = []
        self.sends_name = True
        self.rate: float | None = None
        self.broadcasts = True
        self.blocked = False
        self.balance = True
        self.talks: dict[int, Talk] = {}
        self.files: dict[int, Sample] = {}
        self.next_token = _FIRST_TOKEN + number * 1_000_000_000
        self.posts = Posts(ground, self)
        self._taken: deque[float] = deque()
        self._broadcast: deque[float] = deque()

    @property
    def username(self) -> str:
        """What pages call it."""
        return self.key

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the talk with this bot."""
        from lab.platforms.viber.phones import Phone

        return Phone(self, self.talk(person))

    @on_the_loop
    def limit(self, rate: float | None = None) -> None:
        """Set how many calls a second it may make; None: as many as it likes."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless; return the new one."""
        self.token = _token()
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Have another program set its own webhook."""
        self.hook = url

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"token": self.token}

    def talk(self, person: Person) -> Talk:
        """Return the talk with a person, made when it is first asked for."""
        return self.talks.setdefault(person.id, Talk(person, self.number))

    def find(self, viber_id: Any) -> Talk | None:
        """Return the talk with whom the bot knows by this id."""
        number = str(viber_id).partition("v")[2].removesuffix("A=")
        talk = self.talks.get(int(number)) if number.isdecimal() else None
        return talk if talk is not None and talk.viber_id == viber_id else None

    def token_number(self) -> int:
        """Return the next number of 64 bits: of a message, or of news."""
        self.next_token += 1
        return self.next_token

    def spend(self, *, broadcast: bool = False) -> None:
        """Count a call; refuse one too many."""
        now = time.monotonic()
        if self.rate is not None:
            _count(self._taken, now, 1.0, self.rate)
        if broadcast:
            _count(self._broadcast, now, 10.0, BROADCASTS)

    def tell(self, event: str, talk: Talk, answered: Any = None, token: int | None = None, **more: Any) -> None:
        """Tell the program something of a talk, if it wants to know."""
        self.touched(talk)
        if event not in (*ALWAYS, *self.events):
            return
        body = {
            "event": event,
            "timestamp": int(time.time() * 1000),
            "chat_hostname": "SN-LAB_",
            "message_token": token or self.token_number(),
            **more,
        }
        self.posts.post(body, talk.person.key, answered)

    def says(self, talk: Talk, message: dict[str, Any], token: int) -> Standing:
        """Put a message of the program's into a talk, and tell what became of it."""
        why, talk.fails_with = talk.fails_with, ""
        if why:
            self.tell("failed", talk, token=token, user_id=talk.viber_id, desc=why)
            return Standing(token, False, message)
        standing = talk.add(token, False, message)
        self.tell("delivered", talk, token=token, user_id=talk.viber_id)
        return standing

    def touched(self, talk: Talk) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{talk.person.id}")

    def user(self, talk: Talk) -> dict[str, Any]:
        """Return a person as Viber tells him."""
        shown = {"name": talk.person.name, "avatar": f"{self.ground.url}/viber/face/{talk.person.id}.jpg"}
        known = {"country": "RU", "language": talk.person.language, "api_version": talk.api_version}
        return {"id": talk.viber_id, **(shown if self.sends_name else {"name": "Subscriber"}), **known}

    def told(self) -> dict[str, Any]:
        """Return the bot as Viber tells it."""
        return {
            "id": f"pa:{self.number}",
            "name": self.name,
            "uri": self.key,
            "icon": f"{self.ground.url}/viber/face/{self.number}.jpg",
            "category": "Companies, Brands & Products",
            "country": "RU",
            "webhook": self.hook,
            "event_types": [*ALWAYS, *self.events] if self.hook else [],
            "subscribers_count": sum(talk.subscribed for talk in self.talks.values()),
            "members": [],
        }

    def shown(self) -> dict[str, Any]:
        """Return the bot for JSON."""
        return {
            "platform": "viber",
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "token": self.token,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook,
            "waiting": self.posts.waiting,
            "problem": self.posts.last_error,
            "people": [number for number, talk in self.talks.items() if talk.subscribed],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this bot again."""
        names = ("number", "key", "name", "token", "hook", "events", "rate", "broadcasts", "next_token")
        subscribed = [number for number, talk in self.talks.items() if talk.subscribed]
        return {name: getattr(self, name) for name in names} | {"subscribed": subscribed}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that bot again. Numbers jump ahead: those used since it was kept must not come twice."""
        for name in ("token", "hook", "events", "rate", "broadcasts"):
            setattr(self, name, kept[name])
        self.next_token = kept["next_token"] + 1_000_000
        for number in kept["subscribed"]:
            person = self.ground.people.find(number)
            if person is not None:
                self.talk(person).subscribed = True


def _count(taken: deque[float], now: float, seconds: float, most: float) -> None:
    while taken and now - taken[0] > seconds:
        taken.popleft()
    if len(taken) >= most:
        raise RefusalError(12)
    taken.append(now)


def _token() -> str:
    return "-".join(secrets.token_hex(8) for _ in range(3))
