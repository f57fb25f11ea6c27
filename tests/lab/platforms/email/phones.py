"""A person's mail program: what he writes goes to the shop's mailbox; what came from it can be read and pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.email import writing
from lab.platforms.email.letters import File, Letter, Link
from lab.platforms.email.mailboxes import Bot, Mail, Talk
from lab.platforms.email.screens import screen
from lab.samples import File as Given
from lab.samples import sample


@dataclass(frozen=True, slots=True)
class Seen:
    """A letter as it stands on the screen."""

    id: int
    mine: bool
    text: str
    subject: str
    headers: Mapping[str, str]
    buttons: tuple[str, ...]
    files: tuple[File, ...]
    kind: str = "text"
    edited: bool = False


class Phone:
    """The letters of one person to and from one mailbox."""

    def __init__(self, bot: Bot, talk: Talk) -> None:
        self.ground, self.bot, self.talk = bot.ground, bot, talk

    @property
    def person(self) -> Person:
        """Whose program it is."""
        return self.talk.person

    @property
    def address(self) -> str:
        """His address."""
        return writing.address_of(self.person)

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/email/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def writes(self, text: str, *, subject: str = "", anew: bool = False) -> int:
        """Answer the newest letter, quoting it, or write the first one; `anew` begins another talk."""
        newest = None if anew or subject else self._newest()
        to = newest.answer_to if newest else self.bot.address
        return self._sends(to, text, subject=subject, answers=newest)

    @on_the_loop
    def sends(self, kind: str, file: Given = None, caption: str = "") -> int:
        """Send a letter with a file."""
        newest = self._newest()
        to = newest.answer_to if newest else self.bot.address
        return self._sends(to, caption or "Файл во вложении.", answers=newest, files=(sample(kind, file),))

    def voice(self) -> int:
        """Send a voice message as a file."""
        return self.sends("voice")

    def start(self, payload: str = "") -> int:
        """Write first: there is no Start. What a link brought along is the subject."""
        return self.writes("Здравствуйте!", subject=payload, anew=True)

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press a button: a letter leaves that its link has written, or a page is opened, whose address is returned."""
        link = self._button(label, message)
        if not link.address.startswith("mailto:"):
            return link.address
        self._mails_to(link.address)
        return ""

    @on_the_loop
    def unsubscribes(self) -> None:
        """Press the program's own button beside the newest letter that may be left with one press."""
        letter = next((mail.letter for mail in reversed(self.talk.mails) if mail.letter.unsubscribing), None)
        if letter is None:
            raise LookupError("No letter says how to leave")
        at_once = letter.headers.get("List-Unsubscribe-Post", "") == "List-Unsubscribe=One-Click"
        for address in letter.unsubscribing:
            if at_once and address.startswith(("https://", "http://")):
                self.ground.spawn(self.bot.house.leaves(self.talk, address))
                return
        self._mails_to(next(one for one in letter.unsubscribing if one.startswith("mailto:")))

    @on_the_loop
    def bounces(self, status: str = "5.1.1") -> None:
        """Have letters to him taken and returned with a report from now on; empty: no more."""
        self.talk.bounces = status

    @on_the_loop
    def refuses(self, answer: str = "550 5.1.1 User unknown") -> None:
        """Have his server refuse letters with these words from now on; empty: no more."""
        self.talk.refuses = answer

    @on_the_loop
    def complains(self) -> None:
        """Call the newest letter spam."""
        mail = next((one for one in reversed(self.talk.mails) if not one.mine), None)
        if mail is None:
            raise LookupError("There is no letter to complain of")
        self.bot.house.mail_in(self.bot, writing.complaint(self.person, mail.letter, mail.return_to), self.person)

    @on_the_loop
    def auto_replies(self, away: bool = True) -> None:
        """Have a program answer every letter."""
        self.talk.away = away

    def blocks(self) -> None:
        """Leave: there is no other way to say it."""
        self.unsubscribes()

    def unblocks(self) -> None:
        """Fail: who has left subscribes on a page."""
        raise LookupError("E-mail has no way back by one press")

    def reads(self) -> None:
        """Fail: letters do not tell."""
        raise LookupError("A letter does not tell that it was read")

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return the letters, the oldest first."""
        return [_seen(mail) for mail in self.talk.mails]

    def texts(self) -> list[str]:
        """Return the words of what came, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return what can be pressed in the newest letter that came."""
        newest = self._newest()
        return [link.words for link in newest.buttons()] if newest else []

    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return screen(self.bot, self.talk)

    # ---- letters on their way

    def _sends(self, to: str, text: str, **how: Any) -> int:
        told = writing.letter(self.person, to, text, **how).as_bytes()
        mail = self.bot.house.posts(self.talk, self.bot, told)
        return mail.id

    def _mails_to(self, link: str) -> None:
        told = urlsplit(link)
        asked = {name.lower(): values[0] for name, values in parse_qs(told.query.replace("+", "%2B")).items()}
        self._sends(unquote(told.path), asked.get("body", "").replace("\r\n", "\n"), subject=asked.get("subject", ""))

    def _newest(self) -> Letter | None:
        return next((mail.letter for mail in reversed(self.talk.mails) if not mail.mine), None)

    def _button(self, label: str, message: int | None) -> Link:
        for mail in reversed(self.talk.mails):
            if mail.mine or message not in (None, mail.id, mail.id * 100):
                continue
            for link in mail.letter.links:
                if link.words == label:
                    return link
        raise LookupError(f"No letter has a button {label!r}")


def _seen(mail: Mail) -> Seen:
    letter = mail.letter
    headers = {name.lower(): str(value) for name, value in letter.headers.items()}
    kinds = {"image": "photo", "video": "video", "audio": "audio"}
    kind = "text"
    if letter.files:
        kind = kinds.get(letter.files[0].content_type.partition("/")[0], "document")
    labels = tuple(link.words for link in letter.buttons())
    return Seen(mail.id, mail.mine, letter.words, letter.subject, headers, labels, tuple(letter.files), kind)
