"""A person's phone: what he does in a talk with a community becomes events; what stands on the screen can be read."""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.vk import keyboards
from lab.platforms.vk.communities import Community
from lab.platforms.vk.files import described
from lab.platforms.vk.screens import kind_of, screen
from lab.platforms.vk.talks import Standing, Talk
from lab.samples import File, sample

_KINDS = {"photo": "photo", "voice": "audio_message", "video": "video", "audio": "audio", "document": "doc"}
_LANGUAGES = {"ru": 0, "uk": 1, "be": 2, "en": 3}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen. `told` is what VK says of it."""

    id: int
    mine: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, ...], ...]
    edited: bool
    told: dict[str, Any]


class Phone:
    """The talk of one person with one community, seen from his side."""

    def __init__(self, bot: Community, talk: Talk) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, talk

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/vk/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "", source: str = "") -> int:
        """Press Start, or come by a link with a payload and press it."""
        return self._says({"text": "Начать", "payload": '{"command":"start"}', **_came(payload, source)})

    @on_the_loop
    def writes(self, text: str, ref: str = "") -> int:
        """Write a message, perhaps the first one after a link; return its number."""
        return self._says({"text": text, **_came(ref, "")})

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "") -> int:
        """Send a file of this kind: a sample when none is given."""
        if kind not in _KINDS:
            raise LookupError(f"VK has no {kind}")
        given = sample(kind, file)
        stored = self.bot.files.add(_KINDS[kind], self.person.id, given.name, given.content_type, given.data)
        return self._says({"text": caption, "attachments": [described(self.ground.url, stored)]})

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is."""
        return self._says({"geo": {"type": "point", "coordinates": {"latitude": latitude, "longitude": longitude}}})

    def voice(self, file: File = None) -> int:
        """Say something."""
        return self.sends("voice", file)

    @on_the_loop
    def shares_phone(self) -> int:
        """Find no button for that: VK has none."""
        raise LookupError("VK has no button that shares a phone number")

    @on_the_loop
    def edits(self, message: int, text: str) -> None:
        """Change what one wrote."""
        standing = self._own(message)
        standing.told = {**standing.told, "text": text, "update_time": int(time.time())}
        standing.edited = True
        self.bot.tell("message_edit", self.chat, standing.told)

    @on_the_loop
    def deletes(self, message: int) -> None:
        """Take a message away for both. VK tells programs nothing of it."""
        self._own(message)
        del self.chat.messages[message]
        self.bot.touched(self.chat)

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press what bears these words: under a message (the newest first), or under the talk.

        Return what happened: `callback`, an address to open, or `sent`.
        """
        for standing in reversed(self.chat.messages.values()):
            if message in (None, standing.id) and not standing.mine:
                for row in keyboards.shown(standing.told):
                    for action in row:
                        if keyboards.label(action) == label:
                            return self._press(action, standing)
        if self.chat.keyboard is not None and message is None:
            for row in self.chat.keyboard["buttons"]:
                for button in row:
                    if keyboards.label(button["action"]) == label:
                        return self._press(button["action"], None)
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    @on_the_loop
    def reads(self) -> None:
        """Read what stands there."""
        ours = [one for one in self.chat.messages.values() if not one.mine]
        if not ours or self.chat.read_upto >= ours[-1].id:
            return
        self.chat.read_upto = ours[-1].id
        told = {
            "from_id": self.person.id,
            "peer_id": self.person.id,
            "read_message_id": ours[-1].id,
            "conversation_message_id": ours[-1].told["conversation_message_id"],
        }
        self.bot.tell("message_read", self.chat, told)

    @on_the_loop
    def allows(self, key: str = "") -> None:
        """Allow the community to write, by its widget."""
        self.chat.allowed, self.chat.denied = True, False
        self.bot.tell("message_allow", self.chat, {"user_id": self.person.id, "key": key})
        self.ground.changed()

    @on_the_loop
    def blocks(self) -> None:
        """Forbid the community to write."""
        self.chat.denied = True
        self.bot.tell("message_deny", self.chat, {"user_id": self.person.id})
        self.ground.changed()

    @on_the_loop
    def unblocks(self) -> None:
        """Allow it again."""
        self.allows()

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [_seen(standing) for standing in self.chat.messages.values()]

    def texts(self) -> list[str]:
        """Return the community's words, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return the words of every button that can be pressed."""
        under = [row for one in self.chat.messages.values() if not one.mine for row in keyboards.shown(one.told)]
        keys = self.chat.keyboard["buttons"] if self.chat.keyboard else []
        return [
            keyboards.label(one) for row in (*under, *([key["action"] for key in row] for row in keys)) for one in row
        ]

    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return screen(self)

    @property
    def toast(self) -> str:
        """What the community last answered to a press."""
        return self.chat.toast

    # ---- how it reaches the community

    def _says(self, content: dict[str, Any]) -> int:
        self.chat.allowed, self.chat.denied = True, False  # who writes may be answered
        standing = self.chat.add(self.bot.message_number(), True, self.bot.id, content)
        client = {
            "button_actions": ["text", "vkpay", "open_app", "location", "open_link", "callback"],
            "keyboard": True,
            "inline_keyboard": True,
            "carousel": True,
            "lang_id": _LANGUAGES.get(self.person.language, 3),
        }
        self.bot.tell("message_new", self.chat, {"message": standing.told, "client_info": client})
        self.ground.changed()
        return standing.id

    def _own(self, message: int) -> Standing:
        standing = self.chat.messages.get(message)
        if standing is None or not standing.mine:
            raise LookupError(f"{self.person.name} has no message {message}")
        return standing

    def _press(self, action: dict[str, Any], standing: Standing | None) -> str:
        payload = keyboards.payload(action)
        match action["type"]:
            case "open_link":
                return str(action["link"])
            case "location":
                self.location()
                return "sent"
            case "text":
                self._says({"text": action["label"], **({"payload": payload} if payload else {})})
                return "sent"
        name = secrets.token_hex(6)
        self.chat.open_presses[name] = time.monotonic()
        number = 0
        if standing is not None:
            standing.pressed.add(action["label"])
            number = standing.told["conversation_message_id"]
        told = {"user_id": self.person.id, "peer_id": self.person.id, "event_id": name}
        meant = {"payload": json.loads(payload)} if payload else {"payload": {}}
        self.bot.tell("message_event", self.chat, {**told, **meant, "conversation_message_id": number})
        return "callback"


def _came(ref: str, source: str) -> dict[str, str]:
    return ({"ref": ref} if ref else {}) | ({"ref_source": source} if source else {})


def _seen(standing: Standing) -> Seen:
    told = standing.told
    return Seen(
        id=standing.id,
        mine=standing.mine,
        text=told["text"],
        kind=kind_of(told),
        buttons=tuple(tuple(keyboards.label(one) for one in row) for row in keyboards.shown(told)),
        edited=standing.edited,
        told=told,
    )
