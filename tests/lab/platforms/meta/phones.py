"""A person's phone: what he does in a chat becomes events of the app; what stands on the screen can be read."""

import time
from dataclasses import dataclass
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.chats import Chat, Standing
from lab.platforms.meta.files import KINDS
from lab.platforms.meta.screens import screen
from lab.samples import File, Sample, sample

_SOURCES = {"messenger": "SHORTLINK", "instagram": "IGME-SOURCE-LINK"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen. `told` are its template, or its quick replies."""

    id: int
    mine: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, ...], ...]
    album: str
    edited: bool
    told: dict[str, Any]


class Phone:
    """The chat of one person with one account, seen from his side."""

    def __init__(self, bot: Bot, chat: Chat) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, chat

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/{self.bot.platform}/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "") -> None:
        """Open the chat, by a link if there is a payload. A new one begins with a button, at Instagram with a word."""
        new, self.chat.brought = not self.chat.messages, payload
        if self.bot.is_instagram:
            if new:
                self.writes("👋")
            elif payload:
                self._tells("referral", {"referral": self._brought()})
        elif new and self.bot.get_started:
            told = {"title": "Get started", "payload": self.bot.get_started}
            self._postback(told | ({"referral": self._brought()} if payload else {}))
        elif payload:
            self._tells("referral", {"referral": self._brought()})
        self.ground.changed()

    @on_the_loop
    def writes(self, text: str) -> int:
        """Write a message; return its number."""
        return self._says(self._heard(text=text), {"text": text})

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "") -> int:
        """Send a file of this kind: a sample when none is given. Words go in a message of their own."""
        stored = self.bot.files.add(KINDS[kind], sample(kind, file))
        told = {"type": stored.kind, "payload": {"url": self.ground.url + self.bot.files.path(stored.number)}}
        number = self._says(self._heard(kind=kind, file=stored.number), {"attachments": [told]})
        if caption:
            self.writes(caption)
        return number

    def voice(self, file: File = None) -> int:
        """Say something."""
        return self.sends("voice", file)

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is: Messenger alone takes places."""
        if self.bot.is_instagram:
            raise LookupError("Instagram has no places in its chats")
        told = {"type": "location", "payload": {"coordinates": {"lat": latitude, "long": longitude}}}
        place = {"latitude": latitude, "longitude": longitude}
        return self._says(self._heard(kind="location", place=place), {"attachments": [told]})

    def shares_phone(self) -> int:
        """Share a phone number, which nobody asks for here."""
        raise LookupError("Meta has no button that shares a phone number")

    @on_the_loop
    def answers_a_story(self, text: str) -> int:
        """Answer a story of the account's."""
        if not self.bot.is_instagram:
            raise LookupError("Only Instagram has stories that are answered in chats")
        given = Sample("story.jpg", "image/jpeg", sample("photo").data)
        url = self.ground.url + self.bot.files.path(self.bot.files.add("image", given).number)
        return self._says(self._heard(text=text), {"text": text, "reply_to": {"story": {"url": url, "id": "1"}}})

    @on_the_loop
    def edits(self, message: int, text: str) -> None:
        """Change what one wrote: Messenger tells of it."""
        standing = self._own(message)
        standing.text, standing.edited = text, standing.edited + 1
        told = {"mid": standing.mid, "text": text, "num_edit": standing.edited}
        self._tells("message_edit", {"message_edit": told})

    @on_the_loop
    def deletes(self, message: int) -> None:
        """Take a message back: Instagram tells of it."""
        standing = self._own(message)
        del self.chat.messages[standing.mid]
        if self.bot.is_instagram:
            self._tells("message", {"message": {"mid": standing.mid, "is_deleted": True}})
        self.bot.touched(self.person)

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press what bears these words, the newest first; return `sent`, or the address or number that it opens."""
        for reply in self.chat.quick_replies():
            if reply["title"] == label and message is None:
                told = {"text": label, "quick_reply": {"payload": reply["payload"]}}
                self._says(self._heard(text=label), told)
                return "sent"
        for standing in reversed(self.chat.messages.values()):
            for button in standing.buttons():
                if button["title"] == label and message in (None, standing.number):
                    standing.pressed.add(label)
                    return self._press(button)
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    @on_the_loop
    def reacts(self, emoji: str = "❤") -> None:
        """Put a heart to the account's last message."""
        told = {"mid": self._last().mid, "action": "react", "reaction": "love", "emoji": emoji}
        self._tells("reaction", {"reaction": told})

    @on_the_loop
    def reads(self) -> None:
        """Open the chat: Messenger tells until when all was read, Instagram which was the last."""
        if self.bot.is_instagram:
            self._tells("read", {"read": {"mid": self._last().mid}})
        else:
            self._tells("read", {"read": {"watermark": int(time.time() * 1000)}})

    @on_the_loop
    def blocks(self) -> None:
        """Block the account. Nobody is told."""
        self.chat.blocked = True
        self.ground.changed()

    @on_the_loop
    def unblocks(self) -> None:
        """Let the account in again."""
        self.chat.blocked = False
        self.ground.changed()

    @on_the_loop
    def is_silent_for(self, hours: float) -> None:
        """Let time pass in which the person says nothing."""
        self.chat.heard_at -= hours * 3600

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [_seen(one) for one in self.chat.messages.values()]

    def texts(self) -> list[str]:
        """Return the account's words, the oldest first."""
        return [one.text for one in self.messages() if not one.mine and one.text]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return the words of every button that can be pressed."""
        under = [button["title"] for one in self.chat.messages.values() for button in one.buttons()]
        return [*under, *(reply["title"] for reply in self.chat.quick_replies())]

    @on_the_loop
    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return screen(self)

    # ---- how it reaches the account

    def _heard(self, **said: Any) -> Standing:
        if self.chat.blocked:
            raise PermissionError(f"{self.person.name} has blocked the account")
        return self.chat.add(True, **said)

    def _says(self, standing: Standing, told: dict[str, Any]) -> int:
        if self.bot.is_instagram and self.chat.brought:
            told["referral"] = self._brought()
        self._wakes()
        self._tells("message", {"message": {"mid": standing.mid, **told}})
        return standing.number

    def _press(self, button: dict[str, Any]) -> str:
        if button["type"] != "postback":
            return str(button.get("url") or button["payload"])
        self._postback({"title": button["title"], "payload": button["payload"]})
        return "sent"

    def _postback(self, told: dict[str, Any]) -> None:
        standing = self._heard(text=told["title"])
        self._wakes()
        self._tells("postback", {"postback": {"mid": standing.mid, **told}})

    def _brought(self) -> dict[str, str]:
        ref, self.chat.brought = self.chat.brought, ""
        self._wakes()
        return {"ref": ref, "source": _SOURCES[self.bot.platform], "type": "OPEN_THREAD"}

    def _wakes(self) -> None:
        self.chat.started, self.chat.heard_at = True, time.time()

    def _tells(self, kind: str, event: dict[str, Any]) -> None:
        self.bot.tells(kind, self.person, event)
        self.bot.touched(self.person)

    def _own(self, message: int) -> Standing:
        standing = self.chat.numbered(message)
        if not standing.mine:
            raise LookupError(f"{self.person.name} did not write message {message}")
        return standing

    def _last(self) -> Standing:
        return next(one for one in reversed(self.chat.messages.values()) if not one.mine)


def _seen(one: Standing) -> Seen:
    rows = [(button["title"],) for button in one.buttons()]
    replies = tuple(reply["title"] for reply in one.quick_replies)
    told = one.template or {"quick_replies": one.quick_replies}
    buttons = (*rows, *((replies,) if replies else ()))
    return Seen(one.number, one.mine, one.text, one.kind, buttons, "", bool(one.edited), told)
