"""A mailbox that a shop connects to Kaskad: its password, its letters to and from each person, how fast it may send."""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.email.letters import Letter

if TYPE_CHECKING:
    from lab.platforms.email.house import House
    from lab.platforms.email.phones import Phone

SHOPS = "shops.example"


@dataclass(slots=True)
class Mail:
    """A letter in a person's program, and the address to which its postmaster would return it."""

    id: int
    mine: bool
    at: int
    letter: Letter
    return_to: str = ""


@dataclass(slots=True)
class Talk:
    """The letters between a person and a mailbox. The switches say how his side behaves."""

    person: Person
    mails: list[Mail] = field(default_factory=list)
    unsubscribed: bool = False
    bounces: str = ""  # the status with which letters come back after they were taken
    refuses: str = ""  # the answer of his server to whoever writes to him
    away: bool = False


class Bot:
    """One mailbox. `key` is what stands before the @."""

    def __init__(self, ground: Ground, house: "House", key: str, name: str) -> None:
        self.ground, self.house, self.key, self.name = ground, house, key, name
        self.password = secrets.token_hex(8)
        self.rate: float | None = None
        self.talks: dict[int, Talk] = {}
        self.next_mail = 1
        self._sent: deque[float] = deque()

    @property
    def username(self) -> str:
        """What pages call it."""
        return self.key

    @property
    def address(self) -> str:
        """Its address."""
        return f"{self.key}@{SHOPS}"

    def credentials(self) -> dict[str, str]:
        """Return what a person fills in to connect it."""
        smtp, imap = self.house.ports
        return {
            "address": self.address,
            "password": self.password,
            "smtp_host": "127.0.0.1",
            "smtp_port": str(smtp),
            "smtp_security": "none",
            "imap_host": "127.0.0.1",
            "imap_port": str(imap),
            "imap_security": "none",
        }

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return a person's mail program, showing the letters to and from this mailbox."""
        from lab.platforms.email.phones import Phone

        return Phone(self, self.talk(person))

    @on_the_loop
    def limit(self, rate: float | None = None) -> None:
        """Set how many letters a second it may send; None: as many as it likes."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the password worthless, and cut who is in; return the new one."""
        self.password = secrets.token_hex(8)
        self.house.opened(self)
        self.house.imap.hang_up()
        self.house.smtp.hang_up()
        self.ground.changed()
        return self.password

    @on_the_loop
    def moves(self) -> None:
        """Have the mailbox begin anew, as on another server: its numbers mean nothing any more."""
        self.house.imap.empty(self.address)

    def talk(self, person: Person) -> Talk:
        """Return the letters to and from a person."""
        return self.talks.setdefault(person.id, Talk(person))

    def may_send(self) -> bool:
        """Say whether the limit lets one more leave, and count it."""
        now = time.monotonic()
        while self._sent and now - self._sent[0] > 1:
            self._sent.popleft()
        if self.rate is not None and len(self._sent) >= self.rate:
            return False
        self._sent.append(now)
        return True

    def keeps(self, talk: Talk, letter: Letter, *, mine: bool, return_to: str = "") -> Mail:
        """Show a letter in the person's program."""
        mail = Mail(self.next_mail, mine, int(time.time()), letter, return_to)
        self.next_mail += 1
        talk.mails.append(mail)
        self.ground.watched.touch(f"{self.key}/{talk.person.id}")
        return mail

    def shown(self) -> dict[str, Any]:
        """Return the mailbox for JSON."""
        return {
            "platform": "email",
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": "",
            "waiting": 0,
            "problem": "",
            "people": list(self.talks),
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this mailbox again."""
        return {"key": self.key, "name": self.name, "password": self.password, "rate": self.rate}
