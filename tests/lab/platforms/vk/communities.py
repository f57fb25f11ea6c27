"""A community of the fake VK: its token and rights, its talks, its events. A person meets it by `bot.phone(person)`."""

import secrets
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.vk.events import Events, Server
from lab.platforms.vk.talks import Standing, Talk

if TYPE_CHECKING:
    from lab.platforms.vk.files import Files
    from lab.platforms.vk.phones import Phone

PER_SECOND = 20.0
RIGHTS = ("messages", "manage", "photos", "docs")
ADMINISTRATOR = 5


class Community:
    """One community, which is what a bot is here."""

    def __init__(self, ground: Ground, files: "Files", number: int, name: str, key: str) -> None:
        self.ground, self.files = ground, files
        self.id, self.name, self.key = number, name, key
        self.token = _token()
        self.rights: tuple[str, ...] = RIGHTS
        self.bot_features = True
        self.features_locked = False
        self.talks: dict[int, Talk] = {}
        self.next_message = 1
        self.events = Events(ground, number, lambda: self.key)
        self.rate: float | None = PER_SECOND
        self._tokens, self._at = PER_SECOND, 0.0

    @property
    def username(self) -> str:
        """Its short name, which is its key here."""
        return self.key

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the talk with this community."""
        from lab.platforms.vk.phones import Phone

        return Phone(self, self.talk(person))

    @on_the_loop
    def limit(self, rate: float | None = PER_SECOND) -> None:
        """Set how many calls it may make a second; None turns the limit off."""
        self.rate, self._tokens = rate, rate or 0.0
        self.ground.changed()

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless, as its owner does in the settings; return the new one."""
        self.token = _token()
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Have another program take our address down and put up its own."""
        for number in list(self.events.servers):
            self.events.drop_server(number)
        self.events.restore_server(Server(self.events.next_server, url, "Thief", "", status="ok"))

    @on_the_loop
    def grants(self, *rights: str) -> None:
        """Give the token these rights alone."""
        self.rights = rights

    @on_the_loop
    def locks_bot_features(self) -> None:
        """Switch the bot features off, so that no program may switch them on."""
        self.bot_features, self.features_locked = False, True

    @on_the_loop
    def administrator_writes(self, person: Person, text: str) -> int:
        """Let an administrator answer in VK itself."""
        talk = self.talk(person)
        said = {"text": text, "admin_author_id": ADMINISTRATOR}
        standing = talk.add(self.message_number(), False, self.id, said)
        self.tell("message_reply", talk, standing.told)
        return standing.id

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"token": self.token}

    @property
    def hook_url(self) -> str:
        """Where its events are posted."""
        return next((one.url for one in self.events.servers.values() if one.status == "ok"), "")

    @property
    def waiting(self) -> int:
        """How many events have not been taken."""
        return self.events.waiting

    def talk(self, person: Person) -> Talk:
        """Return the talk with a person, made when it is first asked for."""
        return self.talks.setdefault(person.id, Talk(person))

    def message_number(self) -> int:
        """Return the number of the next message: a community counts them through."""
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

    def tell(self, kind: str, talk: Talk, told: dict[str, Any]) -> None:
        """Tell an event of a talk."""
        self.events.tell(kind, talk.person.id, told)
        self.touched(talk)

    def say(self, talk: Talk, content: dict[str, Any]) -> Standing:
        """Put a message of a program's into a talk."""
        standing = talk.add(self.message_number(), False, self.id, content)
        talk.wear(content.get("keyboard"))
        self.tell("message_reply", talk, standing.told)
        return standing

    def touched(self, talk: Talk) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{talk.person.id}")

    def told(self) -> dict[str, Any]:
        """Return the community as VK tells it."""
        return {
            "id": self.id,
            "name": self.name,
            "screen_name": self.key,
            "is_closed": 0,
            "type": "group",
            "photo_200": f"{self.ground.url}/vk/face/{self.id}.jpg",
        }

    def shown(self) -> dict[str, Any]:
        """Return the community for JSON."""
        problems = [one.last_error for one in self.events.servers.values() if one.last_error]
        return {
            "platform": "vk",
            "key": self.key,
            "id": self.id,
            "name": self.name,
            "username": self.key,
            "token": self.token,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook_url,
            "waiting": self.waiting,
            "problem": problems[0] if problems else "",
            "people": [number for number, talk in self.talks.items() if talk.allowed],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this community again."""
        servers = [
            {**one.told(), "wanted": sorted(one.wanted), "version": one.version} for one in self.events.servers.values()
        ]
        poll = self.events.long_poll
        return {
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "token": self.token,
            "rate": self.rate,
            "next_message": self.next_message,
            "servers": servers,
            "long_poll": {"enabled": poll.enabled, "wanted": sorted(poll.wanted)},
            "talks": [[one.person.id, one.allowed, one.denied] for one in self.talks.values()],
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that community again. Numbers jump ahead: those used since it was kept must not come twice."""
        self.token = kept["token"]
        self.limit(kept["rate"])
        self.next_message = kept["next_message"] + 10_000
        for one in kept["servers"]:
            server = Server(one["id"], one["url"], one["title"], one["secret_key"], one["status"])
            server.wanted, server.version = {*one["wanted"]}, one["version"]
            self.events.restore_server(server)
        self.events.long_poll.enabled = kept["long_poll"]["enabled"]
        self.events.long_poll.wanted = {*kept["long_poll"]["wanted"]}
        for number, allowed, denied in kept["talks"]:
            person = self.ground.people.find(number)
            if person is not None:
                talk = self.talk(person)
                talk.allowed, talk.denied = allowed, denied


def _token() -> str:
    return f"vk1.a.{secrets.token_urlsafe(120)}"
