"""A person's phone: what he does in a dialog with a bot becomes news; what stands on the screen can be read."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.max.bots import Bot
from lab.platforms.max.dialogs import Dialog, Standing
from lab.platforms.max.files import described
from lab.platforms.max.screens import kind_of, screen
from lab.samples import File, sample

# Music that people send is a file; what MAX calls audio is what they say.
_KINDS = {"photo": "image", "video": "video", "audio": "file", "voice": "audio", "document": "file"}
_KINDS["sticker"] = "sticker"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen. `told` is what MAX says of it."""

    id: int
    mine: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, ...], ...]
    edited: bool
    told: dict[str, Any]


class Phone:
    """The dialog of one person with one bot, seen from his side."""

    def __init__(self, bot: Bot, dialog: Dialog) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, dialog

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/max/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "") -> None:
        """Press Start, perhaps after a link with a payload."""
        self.chat.started, self.chat.blocked = True, False
        told = {"payload": payload} if payload else {}
        self._tells("bot_started", chat_id=self.chat.number, user=self.user(), **told)
        self.ground.changed()

    @on_the_loop
    def writes(self, text: str, link: dict[str, Any] | None = None) -> int:
        """Write a message, perhaps handing another one on; return its number."""
        return self._says({"text": text, **({"link": link} if link else {})})

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "") -> int:
        """Send a file of this kind: a sample when none is given."""
        if kind not in _KINDS:
            raise LookupError(f"MAX has no {kind}")
        given = sample(kind, file)
        stored = self.bot.files.add(_KINDS[kind], self.person.id, given.name, given.content_type, given.data)
        return self._says({"text": caption, "attachments": [described(self.ground.url, stored)]})

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is."""
        return self._says({"text": "", "attachments": [_place(latitude, longitude)]})

    def voice(self, file: File = None) -> int:
        """Say something."""
        return self.sends("voice", file)

    @on_the_loop
    def shares_phone(self) -> int:
        """Give the own number: MAX signs it for this bot."""
        number = self.person.phone.lstrip("+")
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:{number}\r\nFN:{self.person.name}\r\nEND:VCARD\r\n"
        proof = hmac.new(self.bot.token.encode(), card.encode(), hashlib.sha256).hexdigest()
        payload = {"vcf_info": card, "max_info": self.user(), "hash": proof}
        return self._says({"text": "", "attachments": [{"type": "contact", "payload": payload}]})

    @on_the_loop
    def edits(self, message: int, text: str) -> None:
        """Change what one wrote."""
        standing = self._own(message)
        standing.told = {**standing.told, "body": {**standing.said, "text": text}}
        standing.edited = True
        self._tells("message_edited", message=standing.told)

    @on_the_loop
    def deletes(self, message: int) -> None:
        """Take a message away for both."""
        standing = self._own(message)
        del self.chat.messages[message]
        told = {"message_id": standing.mid, "chat_id": self.chat.number, "user_id": self.person.id}
        self._tells("message_removed", **told)

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press what bears these words, under the newest message first.

        Return what happened: `callback`, an address to open, or `sent`.
        """
        for standing in reversed(self.chat.messages.values()):
            if message in (None, standing.id):
                for button in (one for row in standing.rows for one in row):
                    if button["text"] == label:
                        return self._press(button, standing)
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    def reads(self) -> None:
        """Read what stands there, of which MAX tells bots nothing."""
        raise LookupError("MAX does not tell bots what was read")

    @on_the_loop
    def blocks(self) -> None:
        """Stop the bot."""
        self.chat.blocked = True
        self._tells("bot_stopped", chat_id=self.chat.number, user=self.user())
        self.ground.changed()

    def unblocks(self) -> None:
        """Start it again."""
        self.start()

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [_seen(standing) for standing in self.chat.messages.values()]

    def texts(self) -> list[str]:
        """Return the bot's words, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return the words of every button that can be pressed."""
        return [one["text"] for standing in self.chat.messages.values() for row in standing.rows for one in row]

    @on_the_loop
    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return screen(self)

    @property
    def toast(self) -> str:
        """What the bot last answered to a press."""
        return self.chat.toast

    def user(self) -> dict[str, Any]:
        """Return the person as MAX tells him."""
        person = self.person
        told = {"user_id": person.id, "first_name": person.first_name, "last_name": person.last_name or None}
        told |= {"username": person.username or None, "is_bot": False, "last_activity_time": int(time.time() * 1000)}
        return {**told, "name": person.name}

    # ---- how it reaches the bot

    def _says(self, content: dict[str, Any]) -> int:
        if self.chat.blocked:
            raise LookupError("The bot is stopped: press Start first")
        self.chat.started = True
        standing = self.chat.add(self.bot.message_number(), True, self.user(), self.bot.id, content)
        self._tells("message_created", message=standing.told)
        self.ground.changed()
        return standing.id

    def _tells(self, kind: str, **told: Any) -> None:
        locale = {} if kind == "message_removed" else {"user_locale": self.person.language}
        self.bot.tell(kind, self.chat, **told, **locale)

    def _own(self, message: int) -> Standing:
        standing = self.chat.messages.get(message)
        if standing is None or not standing.mine:
            raise LookupError(f"{self.person.name} has no message {message}")
        return standing

    def _press(self, button: dict[str, Any], standing: Standing) -> str:
        match button["type"]:
            case "link":
                return str(button["url"])
            case "request_contact":
                self.shares_phone()
                return "sent"
            case "request_geo_location":
                self.location()
                return "sent"
            case "message":
                self._says({"text": button["text"]})
                return "sent"
            case "clipboard":
                return str(button["payload"])
        name = secrets.token_urlsafe(60)
        standing.pressed.add(button["text"])
        self.bot.presses[name] = (self.chat, standing)
        told = {"timestamp": int(time.time() * 1000), "callback_id": name, "payload": button["payload"]}
        self._tells("message_callback", callback={**told, "user": self.user()}, message=standing.told)
        return "callback"


def _place(latitude: float, longitude: float) -> dict[str, Any]:
    return {"type": "location", "latitude": latitude, "longitude": longitude}


def _seen(standing: Standing) -> Seen:
    return Seen(
        id=standing.id,
        mine=standing.mine,
        text=standing.said.get("text") or "",
        kind=kind_of(standing.said),
        buttons=tuple(tuple(one["text"] for one in row) for row in standing.rows),
        edited=standing.edited,
        told=standing.told,
    )
